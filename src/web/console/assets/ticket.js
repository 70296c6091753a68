// One ticket: who should get it and whether it is known, articles beside a reply, what the guard asks about, files.
(() => {
  'use strict';
  const { call, ask, say, complain, fresh } = window.jiesu;

  function line(...parts) {
    const li = document.createElement('li');
    li.append(...parts);
    return li;
  }
  function press(text, act) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.addEventListener('click', act);
    return button;
  }
  function fine(text) {
    const span = document.createElement('span');
    span.className = 'fine';
    span.textContent = text;
    return span;
  }
  function keyed(button, key, name) {
    const cap = document.createElement('kbd');
    cap.textContent = key;
    button.append(' ', cap);
    button.dataset.key = key;
    button.dataset.keyName = name;
    return button;
  }

  // Who should get it, and what it may be the same as: one key each.
  const box = document.querySelector('[data-advice]');
  const root = box ? `/api/v1/tickets/${encodeURIComponent(box.dataset.no)}` : '';
  let busy = false;
  async function give(command, body, version) {
    const answer = await call('POST', `${root}/${command}`, body, { 'Idempotency-Key': fresh(), 'If-Match': `"${version}"` });
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const wrong = box.querySelector('[data-wrong]');
    const errors = (answer.body?.errors ?? []).map(it => it.detail);
    wrong.textContent = answer.status === 412 ? '别人刚刚改过这张工单，请刷新后再试。' : [answer.body?.detail ?? '没有成功，请再试一次。', ...errors].join(' ');
    wrong.hidden = false;
    return null;
  }
  async function once(act) {
    if (busy) return;
    busy = true;
    try { await act(); } finally { busy = false; }
  }
  function fill(name, rows) {
    const part = box.querySelector(`[data-part="${name}"]`);
    part.querySelector('[data-list]').replaceChildren(...rows);
    part.hidden = rows.length === 0;
    if (rows.length) box.querySelector('[data-none]').hidden = true;
  }
  function open(it) {
    const a = document.createElement('a');
    a.href = `/tickets/${encodeURIComponent(it.no)}`;
    a.textContent = `${it.no} ${it.title}`;
    return a;
  }
  async function send(unit) {
    let version = Number(box.dataset.version);
    if (unit.category && unit.category !== box.dataset.category) {
      const amended = await give('amend', { fields: { category: unit.category }, reason: '按系统建议补正分类' }, version);
      if (!amended) return;
      version = amended.version;
    }
    if (await give('dispatch', { lead: unit.lead, assists: unit.assists }, version)) location.reload();
    else box.dataset.version = version;
  }
  async function units(may) {
    if (!may.includes('dispatch') || box.dataset.state !== 'accepted') return;
    const place = {};
    if (box.dataset.estate) place.estate = box.dataset.estate;
    if (box.dataset.region) place.region = box.dataset.region;
    const asked = { title: document.querySelector('h1').textContent.trim(), content: document.querySelector('#what ~ .words').textContent, place };
    if (box.dataset.category) asked.category = box.dataset.category;
    const answer = await call('POST', '/api/v1/suggest', asked);
    if (answer.status !== 200) return;
    const named = new Map((answer.body.categories ?? []).map(it => [it.code, it.name]));
    fill('units', answer.body.units.slice(0, 3).map((it, n) => {
      const assists = it.assists.length ? `，协办 ${it.assist_names.join('、')}` : '';
      const category = it.category !== box.dataset.category && named.get(it.category) ? `（分类：${named.get(it.category)}）` : '';
      const button = keyed(press(`派给 ${it.name}${assists}${category}`, () => once(() => send(it))), String(n + 1), `派给 ${it.name}`);
      return line(button, ' ', fine(it.why));
    }));
  }
  // What is on the matter of this ticket is asked once for all who offer it.
  let asking = null;
  const similar = no => asking ??= call('GET', `/api/v1/tickets/${encodeURIComponent(no)}/similar`);
  async function known(may) {
    const answer = await similar(box.dataset.no);
    if (answer.status !== 200) return;
    const all = [...answer.body.incidents, ...answer.body.duplicates];
    const seen = new Set();
    const likely = all.filter(it => !seen.has(it.no) && seen.add(it.no)).slice(0, 3);
    fill('duplicates', likely.map((it, n) => {
      const merge = async () => {
        if (await give('merge', { into: it.no }, Number(box.dataset.version))) location.assign(`/tickets/${encodeURIComponent(it.no)}`);
      };
      const button = may.includes('merge') ? keyed(press('并入', () => once(merge)), String(n + 4), `并入 ${it.no}`) : '';
      return line(button, ' ', open(it), ' ', fine(it.why));
    }));
    fill('like', answer.body.like.slice(0, 3).map(it => line(open(it), ' ', fine(it.why))));
  }
  if (box) {
    const may = box.dataset.may.split(' ');
    Promise.all([units(may), known(may)]).then(() => { box.querySelector('[data-none]').textContent = '没有可用的建议。'; });
  }

  // Other tickets of the same caller on a like matter, to be ticked.
  for (const part of document.querySelectorAll('[data-theirs]')) {
    part.closest('details').addEventListener('toggle', async event => {
      if (!event.target.open || part.dataset.asked) return;
      part.dataset.asked = '1';
      const answer = await similar(part.dataset.theirs);
      const all = answer.status === 200 ? [...answer.body.incidents, ...answer.body.duplicates, ...answer.body.like] : [];
      const named = new Set(part.form.elements.tickets.value.split(/[,，、\s]+/));
      const theirs = new Map(all.filter(it => it.same_caller && !named.has(it.no)).map(it => [it.no, it]));
      for (const it of theirs.values()) {
        const label = document.createElement('label');
        const tick = document.createElement('input');
        Object.assign(tick, { type: 'checkbox', name: 'tickets', value: it.no });
        tick.dataset.as = 'list';
        label.append(tick, ' ', open(it), ' ', fine(it.why));
        part.append(label);
      }
      part.hidden = !theirs.size;
    });
  }

  // Into the text of the form: at its end, as typed.
  function put(form, text) {
    const field = form.elements.text;
    field.value = field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.focus();
  }
  for (const button of document.querySelectorAll('[data-quote]')) {
    button.addEventListener('click', () => put(button.closest('form'), button.closest('.assist').querySelector('.words').textContent));
  }
  function cite(form, it) {
    const field = form.elements['articles-typed'] ?? form.elements['article-typed'];
    field?.dispatchEvent(new CustomEvent('take', { detail: { code: it.code, name: it.title } }));
  }
  async function take(form, it) {
    cite(form, it);
    if (it.internal) { say('内部条目只作依据，不引入正文。'); return; }
    const answer = await call('GET', `/api/v1/articles/${encodeURIComponent(it.code)}`);
    if (answer.status === 200) put(form, answer.body.body);
  }
  for (const part of document.querySelectorAll('[data-canned]')) {
    const field = part.querySelector('input');
    const list = part.querySelector('[data-found]');
    let round = 0;
    const find = async query => {
      const mine = ++round;
      const answer = await call('GET', `/api/v1/articles?limit=5&${query}`);
      if (mine !== round) return;
      const items = answer.body?.items ?? [];
      const rows = items.filter(it => it.state === 'published').map(it => line(press(it.title, () => take(part.closest('form'), it)), ' ', fine(`${it.code}${it.internal ? ' · 仅内部' : ''}${it.standing === 'in_force' ? '' : ' · 当前不适用'}`)));
      list.replaceChildren(...(rows.length ? rows : [line(fine('没有找到条目。'))]));
    };
    field.addEventListener('keydown', event => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      if (field.value.trim()) find(`q=${encodeURIComponent(field.value.trim())}`);
    });
    // What was replied where a like matter was solved and the citizen content.
    const solved = part.querySelector('[data-solved]');
    const learn = async () => {
      const answer = await call('GET', `/api/v1/tickets/${encodeURIComponent(part.dataset.no)}/solutions`);
      solved.replaceChildren(...(answer.body?.items ?? []).map(it => {
        const words = document.createElement('p');
        words.className = 'words';
        words.textContent = it.reply;
        return line(open(it), ' ', fine(it.why), words, press('引入答复', () => put(part.closest('form'), it.reply)));
      }));
    };
    let asked = false;
    part.closest('details').addEventListener('toggle', event => {
      if (event.target.open && !asked) { asked = true; learn(); }
      if (event.target.open && !list.children.length && part.dataset.category) find(`state=published&category=${encodeURIComponent(part.dataset.category)}`);
    });
  }

  // A moment after typing stops: what says nothing in a reply, and what is missing. Told beside the field; it stops nobody.
  for (const told of document.querySelectorAll('[data-nudge]')) {
    const form = told.closest('form');
    const field = form.elements[told.dataset.of];
    let wait = 0;
    let asked = '';
    const listed = all => [...new Set(all)].join('、');
    const look = async () => {
      const text = field.value.trim();
      if (text.length < 4) { told.textContent = asked = ''; return; }
      const body = { text };
      const articles = (form.elements.articles?.value ?? '').split(',').filter(Boolean);
      if (articles.length) body.articles = articles;
      if (form.elements['promise.what']?.value.trim()) body.promises = true;
      const mine = JSON.stringify(body);
      if (mine === asked) return;
      asked = mine;
      const answer = await call('POST', told.dataset.nudge, body);
      if (mine !== asked) return;
      const found = answer.status === 200 ? answer.body : { formulas: [], missing: [] };
      const formulas = found.formulas.length ? `套话：${listed(found.formulas.map(it => `“${it.text}”`))}。` : '';
      const missing = found.missing.length ? `还没有写明：${listed(found.missing.map(it => it.name))}${found.missing.length > 1 ? '（至少写一项）' : ''}。` : '';
      told.textContent = `${missing}${formulas}`;
    };
    const later = () => { clearTimeout(wait); wait = setTimeout(look, 600); };
    form.addEventListener('input', later);
    form.addEventListener('restored', later);
  }

  // What the guard asks about stands to be ticked, with its reason; the first place is marked in the text.
  document.addEventListener('refused', event => {
    const [form, problem] = [event.target, event.detail];
    const marks = form.querySelector('[data-doubts]');
    if (problem?.code !== 'reply.guard' || !marks) return;
    marks.hidden = false;
    for (const why of marks.querySelectorAll('[data-why]')) why.textContent = '';
    let first = null;
    for (const wrong of problem.errors ?? []) {
      const label = marks.querySelector(`[data-doubt="${CSS.escape(String(wrong.code).replace(/^guard\./, ''))}"]`);
      if (!label) continue;
      label.hidden = false;
      label.querySelector('[data-why]').textContent += wrong.detail;
      const at = /第 (\d+) 字/.exec(wrong.detail);
      const field = form.elements[wrong.pointer.replace(/^\//, '').replace(/\//g, '.')];
      if (at && field?.setSelectionRange && !first) first = [field, Number(at[1])];
    }
    if (!first) return;
    const [field, at] = first;
    const before = Array.from(field.value).slice(0, at - 1).join('').length;
    field.focus();
    field.setSelectionRange(before, Math.min(field.value.length, before + 4));
  });

  // Files go one by one, as a form: the interface knows each by its content.
  async function upload(form) {
    if (form.getAttribute('aria-busy') === 'true') return;
    for (const old of form.querySelectorAll('.wrong')) old.remove();
    form.setAttribute('aria-busy', 'true');
    const files = Array.from(form.elements.file.files);
    for (const [n, file] of files.entries()) {
      say(`正在上传 ${n + 1} / ${files.length}`);
      const body = new FormData();
      body.append('kind', form.elements.kind.value);
      body.append('file', file, file.name);
      let problem = null;
      try {
        const answer = await ask(form.dataset.upload, { method: 'POST', headers: { Accept: 'application/json' }, body });
        if (!answer.ok) problem = await answer.json().catch(() => ({}));
      } catch { problem = { detail: '网络不通，请稍后再试。' }; }
      if (problem) {
        form.removeAttribute('aria-busy');
        complain(form, { ...problem, detail: `${file.name}：${problem.detail ?? '没有上传成功。'}` });
        return;
      }
    }
    location.reload();
  }
  document.addEventListener('submit', event => {
    if (!event.target.dataset.upload) return;
    event.preventDefault();
    upload(event.target);
  });
})();
