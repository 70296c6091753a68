// A telephone number is not searched for: it would stand in the address. How many tickets each kept search finds now, asked
// after the page is there.
(() => {
  'use strict';
  const field = document.querySelector('form[role="search"] input[name="q"]');
  const said = document.querySelector('[data-number]');
  const { holdsNumber } = window.jiesu;
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
// Papers of the tickets that were chosen: made all or none, and had as one file.
(() => {
  'use strict';
  const form = document.querySelector('form[data-papers]');
  if (!form) return;
  const { call, say, complain, fresh } = window.jiesu;
  const { kind, reason } = form.elements;
  const label = reason.closest('label');
  let last = '';
  let once = '';
  // What goes to a citizen has the name on it.
  function mind() {
    label.hidden = !kind.selectedOptions[0].hasAttribute('data-named');
    reason.required = !label.hidden;
  }
  kind.addEventListener('change', mind);
  mind();
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (form.getAttribute('aria-busy') === 'true') return;
    for (const old of form.querySelectorAll('.said, .wrong')) old.remove();
    const tickets = Array.from(document.querySelectorAll('input[name="target"]:checked'), it => it.value);
    if (!tickets.length) { complain(form, { detail: '请先勾选。' }); return; }
    const asked = { kind: kind.value, tickets };
    if (!label.hidden) asked.reason = reason.value.trim();
    const text = JSON.stringify(asked);
    if (text !== last) { last = text; once = fresh(); } // another body, another key
    form.setAttribute('aria-busy', 'true');
    const answer = await call('POST', '/api/v1/papers', asked, { 'Idempotency-Key': once });
    form.removeAttribute('aria-busy');
    if (answer.status !== 0) last = ''; // no answer: the same key again, made once at most
    if (answer.status !== 201) { complain(form, answer.body); return; }
    const made = answer.body.items.map(it => it.id);
    say(`${kind.selectedOptions[0].textContent} ${made.length} 份。`);
    location.assign(`/api/v1/papers/batch?ids=${made.join(',')}`);
  });
})();
