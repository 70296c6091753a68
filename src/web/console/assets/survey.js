// The survey: 1, 2, 3 answer the first question that is still open, Backspace opens the last one again, a letter says
// how the call went.
(() => {
  'use strict';
  const form = document.querySelector('form[data-survey]');
  if (!form) return;
  const questions = Array.from(form.querySelectorAll('[data-question]'));
  const radios = question => Array.from(question.querySelectorAll('input[type="radio"]'));
  const answered = question => radios(question).some(it => it.checked);
  // Said by a field, as if it had been clicked: so it goes into the draft.
  const changed = () => form.elements.outcome[0].dispatchEvent(new Event('input', { bubbles: true }));

  const again = form.querySelector('[data-again]');

  // Who was not reached answered nothing, and agreed on no time.
  function mind() {
    const reached = form.elements.outcome.value === 'reached';
    for (const question of questions) {
      question.hidden = !reached;
      if (!reached) for (const it of radios(question)) it.checked = false;
    }
    if (!again) return;
    again.hidden = !again.dataset.again.split(' ').includes(form.elements.outcome.value);
    if (again.hidden) again.querySelector('input').value = '';
  }
  form.addEventListener('change', mind);
  form.addEventListener('restored', mind);
  mind();

  // A call that reached somebody and has not all three answers is a try that is used up: asked once more.
  let warned = '';
  form.addEventListener('submit', event => {
    const open = questions.filter(it => !it.hidden && !answered(it)).length;
    const state = `${form.elements.outcome.value} ${open}`;
    if (!open || warned === state) return;
    warned = state;
    event.preventDefault();
    event.stopPropagation();
    window.jiesu.say(`还有 ${open} 个问题没有回答，提交将计为一次不完整的回访。仍要提交就再按一次。`);
  });

  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.matches?.('textarea, select, input:not([type="radio"]):not([type="checkbox"])')) return;
    const letter = Array.from(form.querySelectorAll('[data-pick]')).find(it => it.dataset.pick && it.dataset.pick === event.key);
    if (letter) {
      event.preventDefault();
      letter.checked = true;
      mind();
      changed();
      return;
    }
    if (/^[1-9]$/.test(event.key)) {
      const open = questions.find(it => !it.hidden && !answered(it));
      const chosen = open && radios(open)[Number(event.key) - 1];
      if (!chosen) return;
      event.preventDefault();
      chosen.checked = true;
      chosen.focus();
      changed();
      return;
    }
    if (event.key === 'Backspace') {
      const last = questions.filter(it => !it.hidden && answered(it)).pop();
      if (!last) return;
      event.preventDefault();
      for (const it of radios(last)) it.checked = false;
      radios(last)[0].focus();
      changed();
    }
  });
})();
