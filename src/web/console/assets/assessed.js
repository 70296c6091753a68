// The city's list beside ours: what was found is put under the form, so that the chosen file is still there to have the
// sheet made of it. The sheet itself, and whatever is answered with another page, the browser sends for as without scripts.
(() => {
  'use strict';
  const { say, fold } = window.jiesu;
  const form = document.querySelector('form[data-compares]');
  form?.addEventListener('submit', async event => {
    if (event.submitter?.hasAttribute('formaction')) return;
    event.preventDefault();
    if (form.getAttribute('aria-busy') === 'true') return;
    form.setAttribute('aria-busy', 'true');
    say('正在比对……');
    try {
      const answer = await fetch(form.action, { method: 'POST', headers: { Accept: 'text/html' }, body: new FormData(form) });
      const there = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-found]');
      if (!there) { form.submit(); return; }
      const found = document.importNode(there, true);
      document.querySelector('[data-found]').replaceWith(found);
      fold(found);
      found.focus();
      say('比对完成。');
    } catch { say('没有比对成功：网络不通，或文件已改动，请重新选择。'); } finally { form.removeAttribute('aria-busy'); }
  });
})();
