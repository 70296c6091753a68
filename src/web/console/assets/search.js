// A telephone number is not searched for: it would stand in the address. How many tickets each kept search finds now, asked
// after the page is there.
(() => {
  'use strict';
  const field = document.querySelector('form[role="search"] input[name="q"]');
  const said = document.querySelector('[data-number]');
  // Written wide, with spaces or dashes between, or with the country before it: eleven digits of a mobile number.
  const holdsNumber = text => /(?:^|\D)(?:0?086|86)?1[3-9]\d{9}(?!\d)/.test(text.normalize('NFKC').replace(/(\d)[\s\-\u2010-\u2015]+(?=\d)/g, '$1'));
  field?.form.addEventListener('submit', event => {
    said.hidden = !holdsNumber(field.value);
    if (said.hidden) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  if (!document.querySelector('[data-kept-list]')) return;
  window.jiesu.call('GET', '/api/v1/searches').then(answer => {
    for (const one of answer.body?.items ?? []) {
      const place = document.querySelector(`[data-kept="${CSS.escape(one.id)}"]`);
      if (!place) continue;
      place.className = 'fine';
      place.textContent = one.total === undefined ? one.detail ?? '' : `${one.total} 件${one.partial ? '（只查了最近的）' : ''}`;
    }
  });
})();
