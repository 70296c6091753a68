// One command for many: <form data-batch="sign"> and its checkboxes called target, each in a [data-target] with a place for
// the outcome; a [data-command] in the form chooses among several. The first press asks what would come of it and says so at each; the second does it.
// Both say which version the line showed (data-seen): what somebody else changed since the page was opened is refused.
(() => {
  'use strict';
  const { call, say, fresh } = window.jiesu;
  const boxesOf = form => Array.from(form.elements).filter(it => it.name === 'target');
  const chosen = form => boxesOf(form).filter(it => it.checked).map(it => it.value);
  const rowOf = box => box.closest('[data-target]');
  const commandOf = form => form.querySelector('[data-command]')?.value ?? form.dataset.batch;
  const nameOf = form => form.querySelector('[data-command]')?.selectedOptions[0].textContent ?? form.dataset.name;

  // What the command itself is given, of the fields marked data-body; data-only names the command that takes one.
  function bodyOf(form) {
    const body = {};
    for (const field of form.querySelectorAll('[data-body]')) {
      if (field.type === 'radio' && !field.checked) continue;
      if (field.dataset.only && field.dataset.only !== commandOf(form)) continue;
      const text = field.value.trim();
      if (text) body[field.name] = field.dataset.as === 'bool' ? text === 'true' : text;
    }
    return body;
  }
  function seenOf(form, targets) {
    const seen = {};
    for (const box of boxesOf(form)) {
      const version = Number(rowOf(box).dataset.seen);
      if (version && targets.includes(box.value)) seen[box.value] = version;
    }
    return seen;
  }
  // What was just done here is known on the other lines of the same ticket.
  function known(row, version) {
    for (const it of document.querySelectorAll('[data-seen]')) if (it.dataset.ticket === row.dataset.ticket) it.dataset.seen = version;
  }
  function tell(form, text, wrong) {
    const line = form.querySelector('[data-said]');
    line.textContent = text;
    line.classList.toggle('wrong', Boolean(wrong));
  }
  // Anything else chosen or typed: try again before it is done.
  function forget(form) {
    const go = form.querySelector('[data-go]');
    if (!go.dataset.ready) return;
    delete go.dataset.ready;
    label(go, '先试一遍');
    tell(form, '');
  }
  function label(go, text) {
    const cap = go.querySelector('kbd');
    go.replaceChildren(text, ...(cap ? [' ', cap] : []));
  }

  function mind(form) {
    for (const field of form.querySelectorAll('[data-only]')) field.closest('label').hidden = field.dataset.only !== commandOf(form);
  }

  async function send(form) {
    if (form.getAttribute('aria-busy') === 'true') return;
    const targets = chosen(form);
    if (!targets.length) { tell(form, '请先勾选。', true); return; }
    const go = form.querySelector('[data-go]');
    const real = go.dataset.ready === 'yes';
    const asked = { command: commandOf(form), targets, body: bodyOf(form), seen: seenOf(form, targets), dry_run: !real };
    if (real) form.dataset.once ??= fresh();
    form.setAttribute('aria-busy', 'true');
    const answer = await call('POST', '/api/v1/batch', asked, real ? { 'Idempotency-Key': form.dataset.once } : {});
    form.removeAttribute('aria-busy');
    if (answer.status !== 200) {
      const errors = (answer.body?.errors ?? []).map(it => it.detail);
      tell(form, [answer.body?.detail ?? '没有成功，请再试一次。', ...errors].join(' '), true);
      if (answer.status !== 0) delete form.dataset.once; // no answer: the same key again, done once at most
      return;
    }
    delete form.dataset.once;
    for (const one of answer.body.items) {
      const box = boxesOf(form).find(it => it.value === one.target);
      if (!box) continue;
      const good = one.status === 200;
      const why = [one.detail, ...(one.errors ?? []).map(it => it.detail)].filter(Boolean).join(' ');
      const row = rowOf(box);
      const place = row.querySelector('[data-outcome]');
      place.textContent = good ? (real ? '已办' : '可以') : why;
      place.classList.toggle('wrong', !good);
      if (good && !real) continue;
      box.checked = false;
      if (good) {
        box.disabled = true;
        if (row.dataset.ticket) known(row, one.version);
      }
    }
    const { done, refused } = answer.body;
    if (real) {
      delete go.dataset.ready;
      label(go, '先试一遍');
      tell(form, `${nameOf(form)}：已办 ${done} 件${refused ? `，${refused} 件未办，原因见各行` : ''}。`);
      say(`${nameOf(form)} ${done} 件。`);
      return;
    }
    tell(form, `可以办 ${done} 件${refused ? `，${refused} 件不能办（已取消勾选）` : ''}。${done ? '再按一次即办理。' : ''}`);
    if (done) { go.dataset.ready = 'yes'; label(go, `${nameOf(form)} ${done} 件`); }
  }

  for (const form of document.querySelectorAll('form[data-batch]')) {
    if (!boxesOf(form).length) { form.hidden = true; continue; }
    form.addEventListener('submit', event => { event.preventDefault(); send(form); });
    mind(form);
    form.querySelector('[data-all]').addEventListener('click', () => {
      const boxes = boxesOf(form).filter(it => !it.disabled);
      const all = boxes.every(box => box.checked);
      for (const box of boxes) box.checked = !all;
      forget(form);
    });
  }
  // Boxes may stand outside their form.
  document.addEventListener('input', event => {
    const form = event.target.form;
    if (!form?.dataset.batch) return;
    forget(form);
    mind(form);
  });
  // x marks the row that j and k have come to.
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.key !== 'x' || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.matches?.('input:not([type="checkbox"]), textarea, select')) return;
    const box = document.querySelector('[data-at] input[name="target"]:not(:disabled)');
    if (!box) return;
    event.preventDefault();
    box.checked = !box.checked;
    forget(box.form);
  });
})();
