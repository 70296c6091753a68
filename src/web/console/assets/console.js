// The console's one script: forms that call the interface, keys, countdowns, drafts. No library, nothing newer than
// Chromium 109; pages work as far as reading goes without it.
(() => {
  'use strict';
  let echo = document.querySelector('meta[name="echo"]')?.content ?? '';
  const who = document.body.dataset.me ?? '';
  const said = document.getElementById('said');

  // What just happened, for eye and screen reader.
  function say(text) {
    if (!said) return;
    const line = document.createElement('p');
    line.textContent = text;
    said.append(line);
    setTimeout(() => line.remove(), 8000);
  }

  // Whoever logged in again in another tab has another echo: it is had from a page of theirs, once, and what was refused
  // is sent again. If that is somebody else, nothing of this page is sent in their name.
  async function renewed() {
    try {
      const answer = await fetch('/me', { headers: { Accept: 'text/html' } });
      if (!answer.ok) return false;
      const there = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const found = there.querySelector('meta[name="echo"]')?.content;
      if (!who || !found || there.body.dataset.me !== who) return false;
      echo = found;
      return true;
    } catch { return false; }
  }
  // As fetch, with the echo.
  async function ask(address, more) {
    const go = () => fetch(address, { ...more, headers: { ...more.headers, 'X-CSRF-Token': echo } });
    const answer = await go();
    if (answer.status !== 403) return answer;
    const problem = await answer.clone().json().catch(() => null);
    return problem?.code === 'console.echo' && await renewed() ? go() : answer;
  }

  // One call of the interface; answers {status, body, version}.
  async function call(method, address, body, more = {}) {
    const headers = { Accept: 'application/json', ...more };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
      const answer = await ask(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
      const text = await answer.text();
      let read = null;
      try { read = text ? JSON.parse(text) : null; } catch { read = null; }
      return { status: answer.status, body: read, version: answer.headers.get('ETag') };
    } catch {
      return { status: 0, body: { detail: '网络不通，内容仍在本页，稍后再试。' }, version: null };
    }
  }

  const fresh = () => (crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join(''));

  // A form's fields as the interface wants them: `caller.phone` is a field of an object, `heads.0.name` one of the first
  // thing of a list; data-as says what is no text. What stands in the address (data-in) is not in the body.
  function bodyOf(form) {
    const body = {};
    const put = (name, value) => {
      const parts = name.split('.');
      const last = parts.pop();
      let at = body;
      parts.forEach((part, n) => { at = at[part] ??= /^\d+$/.test(parts[n + 1] ?? last) ? [] : {}; });
      at[last] = value;
    };
    for (const field of form.elements) {
      if (!field.name || field.disabled || field.matches('fieldset, button, [data-local], [data-in]')) continue;
      const as = field.dataset.as ?? 'text';
      if (field.type === 'radio') { if (field.checked) put(field.name, read(field.value, as)); continue; }
      if (field.type === 'checkbox') {
        if (as === 'list') { if (field.checked) put(field.name, [...(at(body, field.name) ?? []), field.value]); else if (!at(body, field.name)) put(field.name, []); } else put(field.name, field.checked);
        continue;
      }
      const text = field.type === 'password' ? field.value : field.value.trim();
      if (text === '' && !field.hasAttribute('data-empty')) continue;
      put(field.name, read(text, as));
    }
    return dense(body);
  }
  // Rows of a list that were left empty are not sent.
  function dense(it) {
    if (Array.isArray(it)) return it.filter(one => one !== undefined).map(dense);
    return it && typeof it === 'object' ? Object.fromEntries(Object.entries(it).map(([name, one]) => [name, dense(one)])) : it;
  }
  // <input name="date" data-in="path"> fills {date} of data-call; data-in="query" goes behind the question mark.
  function addressOf(form) {
    let address = form.dataset.call;
    const query = new URLSearchParams();
    for (const field of form.querySelectorAll('[data-in]')) {
      const text = field.value.trim();
      if (field.dataset.in === 'path') address = address.replace(`{${field.name}}`, encodeURIComponent(text));
      else if (text) query.set(field.name, text);
    }
    const behind = query.toString();
    return behind ? `${address}${address.includes('?') ? '&' : '?'}${behind}` : address;
  }
  const at = (body, name) => name.split('.').reduce((here, part) => (here ? here[part] : undefined), body);
  function read(text, as) {
    if (as === 'number') return Number(text);
    if (as === 'bool') return text === 'true';
    if (as === 'list') return text.split(/[,，、\s]+/).filter(Boolean);
    if (as === 'lines') return text.split('\n').map(line => line.trim()).filter(Boolean);
    if (as === 'json') return JSON.parse(text);
    if (as === 'local') return withZone(text);
    return text;
  }
  // `2026-11-27T15:30` as typed here, with this machine's offset.
  function withZone(text) {
    const minutes = -new Date(text).getTimezoneOffset();
    const two = n => String(Math.trunc(Math.abs(n))).padStart(2, '0');
    return `${text.length === 16 ? `${text}:00` : text}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
  }

  function clear(form) {
    for (const old of form.querySelectorAll('.said, .wrong')) old.remove();
    for (const field of form.querySelectorAll('[aria-invalid]')) { field.removeAttribute('aria-invalid'); field.removeAttribute('aria-describedby'); }
  }
  let ids = 0;
  function complain(form, problem) {
    const shown = problem?.errors ?? [];
    let first = null;
    const rest = [];
    for (const wrong of shown) {
      const name = wrong.pointer.replace(/^\//, '').replace(/\//g, '.');
      const field = form.elements[`${name}-typed`] ?? form.elements[name] ?? form.querySelector(`[data-field="${CSS.escape(name)}"]`);
      const place = field && (field.length === undefined || field.tagName ? field : field[0]);
      if (!place) { rest.push(wrong.detail); continue; }
      const line = document.createElement('span');
      line.className = 'said';
      line.id = `said-${++ids}`;
      line.textContent = wrong.detail;
      place.setAttribute('aria-invalid', 'true');
      place.setAttribute('aria-describedby', line.id);
      place.after(line);
      first ??= place;
    }
    const top = document.createElement('p');
    top.className = 'wrong';
    top.setAttribute('role', 'alert');
    top.textContent = [problem?.detail ?? '没有成功，请再试一次。', ...rest].join(' ');
    form.prepend(top);
    first?.focus();
  }

  // <form data-call="/api/v1/…" data-method="POST" data-version="3" data-then="/tickets/{no}"> calls the interface.
  async function send(form) {
    if (form.getAttribute('aria-busy') === 'true') return;
    clear(form);
    let body;
    try { body = bodyOf(form); } catch { complain(form, { detail: '有一项填写的格式不对。' }); return; }
    // <input data-local data-same="new"> repeats the field `new`, so that nobody locks themselves out by a slip.
    const slip = Array.from(form.querySelectorAll('[data-same]')).some(field => field.value !== form.elements[field.dataset.same].value);
    if (slip) { complain(form, { detail: '两次输入不一致。' }); return; }
    // A few letters of which nothing was chosen name nothing.
    const loose = Array.from(form.querySelectorAll('[data-choose], [data-many]')).find(field => field.value.trim() && (field.dataset.many || !form.elements[field.name.replace(/-typed$/, '')]?.value));
    if (loose) { complain(form, { detail: '有一项没有选中。', errors: [{ pointer: `/${loose.name.replace(/-typed$/, '')}`, detail: '请从列表里选一项，或清空。' }] }); return; }
    form.setAttribute('aria-busy', 'true');
    const more = {};
    const method = form.dataset.method ?? 'POST';
    if (method === 'POST') more['Idempotency-Key'] = form.dataset.once ??= fresh();
    if (form.dataset.version) more['If-Match'] = `"${form.dataset.version}"`;
    const answer = await call(method, addressOf(form), body, more);
    const done = answer.status >= 200 && answer.status < 300;
    if (done && form.dataset.draft) await forget(form);
    form.removeAttribute('aria-busy');
    if (done) {
      form.dispatchEvent(new CustomEvent('answered', { bubbles: true, detail: answer.body }));
      const then = form.dataset.then;
      if (then === 'show') { show(form, answer.body); delete form.dataset.once; return; }
      if (then === 'said') { delete form.dataset.once; return; }
      if (then === 'stay') { delete form.dataset.once; say(form.dataset.said ?? '已保存。'); } else if (then) location.assign(then.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer.body?.[name] ?? '')));
      else location.reload();
      return;
    }
    if (answer.status === 0) { complain(form, answer.body); return; } // the same key again: done once at most
    delete form.dataset.once;
    if (answer.status === 401) { complain(form, { detail: '登录已过期：请在新标签页登录后再提交，本页内容不会丢。' }); return; }
    if (answer.status === 412) { await meet(form); return; }
    complain(form, answer.body);
    form.dispatchEvent(new CustomEvent('refused', { bubbles: true, detail: answer.body }));
  }
  // Somebody else was faster: what happened since the page was opened, and field by field what is there now beside what
  // was typed here. Nothing of it is lost: it goes all the same, or not, as its writer decides.
  function made(name, text, more = {}) {
    const it = document.createElement(name);
    if (text !== undefined) it.textContent = text;
    return Object.assign(it, more);
  }
  const labelOf = field => ((isTicked(field) ? field.closest('fieldset')?.querySelector('legend') : null) ?? field.closest('label'))?.firstChild?.textContent.trim() || field.getAttribute('aria-label') || field.name;
  const wordOf = (field, value) => (field.matches('select') ? Array.from(field.options).find(it => it.value === value)?.textContent : value) ?? value;
  async function meet(form) {
    let now = null;
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
      if (answer.ok) now = new DOMParser().parseFromString(await answer.text(), 'text/html');
    } catch { now = null; }
    const twin = now ? Array.from(now.querySelectorAll('form[data-call]')).find(it => it.dataset.call === form.dataset.call && it.dataset.method === form.dataset.method && it.dataset.draft === form.dataset.draft) : null;
    const box = made('section', undefined, { className: 'meet', tabIndex: -1 });
    box.setAttribute('role', 'alert');
    box.append(made('p', '别人刚刚先改了这一件。您填写的内容没有提交，也没有丢。'));
    const since = now ? Array.from(now.querySelectorAll('[data-seq]')).filter(it => Number(it.dataset.seq) > Number(form.dataset.version)) : [];
    if (since.length) {
      const list = made('ol', undefined, { className: 'timeline' });
      list.append(...since.map(it => document.importNode(it, true)));
      box.append(made('p', '您打开本页之后：'), list);
    }
    const rows = [];
    // What is put whole takes away all that is not in it.
    const whole = form.dataset.method === 'PUT';
    for (const field of form.elements) {
      if (!isTyped(field) || field.type === 'hidden' || (isTicked(field) && !field.checked)) continue;
      const there = twin?.elements[field.name.replace(/-typed$/, '')];
      const mine = isTicked(field) ? field.closest('label')?.textContent.trim() ?? field.value : wordOf(field, field.value);
      const theirs = there instanceof Element && !isTicked(field) ? wordOf(there, atFirst(there) ?? '') : '';
      if (whole && !isTicked(field) ? mine !== theirs && (there || field.value) : mine && (field.value !== atFirst(field) || isTicked(field))) rows.push([labelOf(field), theirs, mine]);
    }
    for (const there of whole && twin ? twin.elements : []) {
      if (isTyped(there) && !isTicked(there) && there.type !== 'hidden' && !form.elements[there.name] && atFirst(there)) rows.push([labelOf(there), wordOf(there, atFirst(there)), '']);
    }
    if (rows.length) {
      const table = made('table');
      table.append(made('caption', '现在的与您填写的'));
      const head = table.createTHead().insertRow();
      for (const name of ['项目', '现在的', '您填写的']) head.append(made('th', name, { scope: 'col' }));
      const body = table.createTBody();
      for (const [name, theirs, mine] of rows) {
        const row = body.insertRow();
        row.append(made('th', name, { scope: 'row' }), made('td', theirs || '—'), made('td', mine || '—'));
      }
      box.append(table);
    }
    const acts = made('p', undefined, { className: 'buttons' });
    if (twin) {
      const again = made('button', '仍要提交我填写的', { type: 'button', className: 'main' });
      again.addEventListener('click', () => { form.dataset.version = twin.dataset.version; box.remove(); send(form); });
      acts.append(again, ' ');
    } else if (now) box.append(made('p', '这一步现在不能做了；需要的内容请从下面复制。'));
    acts.append(made('a', '在新标签页看最新的', { href: location.href, target: '_blank' }));
    box.append(acts);
    for (const old of form.querySelectorAll('.meet')) old.remove();
    form.prepend(box);
    box.focus();
  }

  // Where the site is small, opening a ticket signs for it.
  addEventListener('DOMContentLoaded', () => { const form = document.querySelector('form[data-at-once]'); if (form) send(form); });
  // What was revealed, or is told this once, stands in the form until the page is left, and nowhere else;
  // data-shown="key" names the fields where the answer has others.
  function show(form, body) {
    const list = form.querySelector('[data-shown]');
    if (!list) return;
    const names = { phone: '电话', second_phone: '备用电话', name: '姓名', email: '邮箱', address: '地址', building: '楼栋', title: '标题', content: '内容', one_time_password: '一次性密码', key: '密钥', secret: '密钥', uri: '配置链接', url: '链接', until: '有效至', no: '编号', code: '查询码', phone_tail: '四位数字（无电话时用）', text: '原文' };
    const wanted = list.dataset.shown ? list.dataset.shown.split(' ') : null;
    list.replaceChildren();
    for (const [field, value] of Object.entries(body?.fields ?? body ?? {})) {
      if (wanted && !wanted.includes(field)) continue;
      const dt = document.createElement('dt');
      const dd = document.createElement('dd');
      dt.textContent = names[field] ?? field;
      dd.textContent = value ?? '没有';
      list.append(dt, dd);
    }
    if (!list.children.length) say('已完成。');
  }
  document.addEventListener('submit', event => {
    const form = event.target;
    if (!form.dataset.call) return;
    event.preventDefault();
    send(form);
  });
  document.addEventListener('input', event => {
    const form = event.target.form;
    if (form?.dataset.once) delete form.dataset.once; // another body, another key
    if (form?.dataset.draft) keep(form);
  });

  // Written wide, with spaces or dashes between, or with the country before it: eleven digits of a mobile number.
  const holdsNumber = text => /(?:^|\D)(?:0?086|86)?1[3-9]\d{9}(?!\d)/.test(text.normalize('NFKC').replace(/(\d)[\s\-\u2010-\u2015]+(?=\d)/g, '$1'));
  // data-also="@street=属地街道=sdjd shudijiedao;…": what may be chosen besides the list, by a part of its name or its letters.
  function alsoOf(field) {
    return (field.dataset.also ?? '').split(';').filter(Boolean).map(it => {
      const [code, name, letters] = it.split('=');
      return { code, name, shown: name, letters: (letters ?? '').split(' ') };
    });
  }
  // What a list answers, as choices: units, places and categories by name, articles by title, tickets by number.
  const choicesOf = body => (body?.items ?? body?.hits ?? []).map(it => (it.no
    ? { code: it.no, name: it.no, shown: `${it.no} ${it.title}` }
    : { code: it.code, name: it.name ?? it.title, shown: it.path ?? it.name ?? `${it.title} ${it.code}` }));
  // What `list` has for these letters; data-by names what it is asked by, where that is not q. Of tickets a number is asked
  // for as one, and a telephone number, which would stand in the address, is not.
  async function offered(field, list, text) {
    const isTickets = list.startsWith('/api/v1/search');
    if (isTickets && holdsNumber(text)) return [];
    const asked = isTickets && /^\d{4}-\d+$/.test(text) ? `no:${text}` : text;
    const answer = await call('GET', `${list}${list.includes('?') ? '&' : '?'}${field.dataset.by ?? 'q'}=${encodeURIComponent(asked)}&limit=12`);
    const low = text.toLowerCase();
    const besides = alsoOf(field).filter(it => it.name.includes(text) || it.code.startsWith(low) || it.letters.some(one => one.startsWith(low)));
    return [...besides, ...choicesOf(answer.body)];
  }

  // <input data-choose="/api/v1/estates" name="place.estate">: a code by a few letters; the list under it shows names. With
  // data-free what is typed will do as well; data-into names the field of a list that what is chosen is added to.
  for (const field of document.querySelectorAll('input[data-choose]')) choose(field);
  function choose(field) {
    const isFree = 'free' in field.dataset;
    const list = document.createElement('ul');
    list.className = 'choices';
    list.id = `choices-${++ids}`;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', '可选的有');
    list.hidden = true;
    const code = document.createElement('input');
    code.type = 'hidden';
    code.name = field.name;
    code.value = field.dataset.code ?? '';
    code.dataset.kept = code.value; // goes into drafts, and is there again after a reset
    if (field.hasAttribute('data-local')) code.setAttribute('data-local', '');
    if (field.dataset.in) { code.dataset.in = field.dataset.in; delete field.dataset.in; }
    field.name = `${field.name}-typed`;
    field.setAttribute('data-local', '');
    field.setAttribute('role', 'combobox');
    field.setAttribute('aria-controls', list.id);
    field.setAttribute('aria-expanded', 'false');
    field.setAttribute('aria-autocomplete', 'list');
    field.autocomplete = 'off';
    field.after(code, list);
    let wait = 0;
    let round = 0;
    const close = () => { list.hidden = true; field.setAttribute('aria-expanded', 'false'); field.removeAttribute('aria-activedescendant'); };
    // What Enter and Tab would take is what is heard.
    const mark = item => { item.setAttribute('aria-selected', 'true'); field.setAttribute('aria-activedescendant', item.id); };
    const add = (into, one) => {
      const listed = into.value.split(/[,，、\s]+/).filter(Boolean);
      if (!listed.includes(one)) into.value = [...listed, one].join(into.matches('textarea') ? '\n' : '，');
      code.value = field.value = '';
      into.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const take = item => {
      close();
      if (field.dataset.into) { add(field.form.elements[field.dataset.into], item.dataset.code); return; }
      code.value = item.dataset.code;
      field.value = item.dataset.name;
      field.dispatchEvent(new CustomEvent('chosen', { bubbles: true, detail: { code: code.value, name: field.value } }));
      if (field.form?.dataset.draft) keep(field.form);
    };
    // What another part of the page has found for it.
    field.addEventListener('take', event => {
      code.value = event.detail.code;
      field.value = event.detail.name;
      close();
      code.dispatchEvent(new Event('input', { bubbles: true }));
    });
    field.addEventListener('input', () => {
      code.value = isFree ? field.value.trim() : '';
      clearTimeout(wait);
      if (!field.dataset.choose) { code.value = field.value.trim(); close(); return; } // of no list: as it is typed
      wait = setTimeout(async () => {
        const text = field.value.trim();
        if (!text) { close(); return; }
        const mine = ++round;
        const found = await offered(field, field.dataset.choose, text);
        if (mine !== round) return;
        list.replaceChildren();
        for (const item of found) {
          const line = document.createElement('li');
          line.setAttribute('role', 'option');
          line.id = `choice-${++ids}`;
          line.dataset.code = item.code;
          line.dataset.name = item.name;
          line.textContent = item.shown;
          line.addEventListener('mousedown', event => { event.preventDefault(); take(line); });
          list.append(line);
        }
        if (!list.children.length) { close(); return; }
        list.hidden = false;
        field.setAttribute('aria-expanded', 'true');
        if (!isFree) mark(list.firstElementChild);
      }, 120);
    });
    field.addEventListener('keydown', event => {
      if (list.hidden) return;
      const items = Array.from(list.children);
      const now = items.findIndex(item => item.getAttribute('aria-selected') === 'true');
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        const next = event.key === 'ArrowDown' ? (now + 1) % items.length : (now > 0 ? now : items.length) - 1;
        items[now]?.removeAttribute('aria-selected');
        mark(items[next]);
        items[next].scrollIntoView({ block: 'nearest' });
      } else if (event.key === 'Enter' || event.key === 'Tab') { if (items[now]) { if (event.key === 'Enter') event.preventDefault(); take(items[now]); } } else if (event.key === 'Escape') { event.preventDefault(); close(); }
    });
    field.addEventListener('blur', close);
    field.form?.addEventListener('reset', () => { code.value = code.dataset.kept; close(); });
  }

  // <select data-lists="scope.key">: from which list that field chooses, by the option's data-list; of none it is typed.
  for (const select of document.querySelectorAll('select[data-lists]')) {
    const field = select.form.elements[`${select.dataset.lists}-typed`];
    const follow = () => {
      field.dataset.choose = select.selectedOptions[0]?.dataset.list ?? '';
      field.value = '';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.closest('label').hidden = !select.value;
    };
    select.addEventListener('change', follow);
    follow();
  }

  // Drafts: what was typed is there again after the browser died, here or at another machine. Kept in the browser at
  // once and on the server a moment later; of the two the one that was typed later counts, and neither outlives sending.
  // data-draft-by names the field that says whose matter it is: under another one nothing is filled in.
  const draftName = form => form.dataset.draft.replace(/^\/api\/v1\//, '').replace(/[^A-Za-z0-9_-]+/g, '.').replace(/^\.|\.$/g, '').slice(0, 100);
  const draftKey = form => `draft:${who}:${draftName(form)}`;
  const draftAddress = form => `/api/v1/drafts/${draftName(form)}`;
  const isTyped = field => field.name && !field.matches('[type="password"], [type="file"], button, fieldset, output') && (field.type !== 'hidden' || 'kept' in field.dataset);
  const isTicked = field => field.type === 'radio' || field.type === 'checkbox';
  function atFirst(field) {
    if (field.type === 'hidden') return field.dataset.kept;
    if (!field.matches('select')) return field.defaultValue;
    const options = Array.from(field.options);
    return (options.find(it => it.defaultSelected) ?? options[0])?.value ?? '';
  }
  function draftOf(form) {
    const fields = {};
    let any = false;
    for (const field of form.elements) {
      if (!isTyped(field)) continue;
      if (isTicked(field)) {
        any ||= field.checked !== field.defaultChecked;
        if (field.checked) fields[`${field.name}=${field.value}`] = 'on';
      } else if (field.value !== atFirst(field)) { fields[field.name] = field.value; any = true; }
    }
    if (!any) return null;
    // Whose matter it is, also where that was not typed.
    const by = form.dataset.draftBy ? form.elements[form.dataset.draftBy] : null;
    if (by?.value) fields[by.name] = by.value;
    if (form.dataset.version) fields['#version'] = form.dataset.version;
    const about = /\/(?:tickets\/(\d[^/]*)|assignments\/(\d[^/]*)-\d+)\//.exec(form.dataset.call);
    const draft = { typed_at: new Date().toISOString(), fields };
    if (about) draft.ticket = decodeURIComponent(about[1] ?? about[2]);
    return draft;
  }
  const waits = new Map(); // forms of which something is not on the server yet
  const sent = new Map(); // what was sent there last, to keep the order
  function keep(form) {
    const draft = draftOf(form);
    try { if (draft) localStorage.setItem(draftKey(form), JSON.stringify(draft)); else localStorage.removeItem(draftKey(form)); } catch { /* full or forbidden: the server has it */ }
    if (!waits.has(form)) waits.set(form, setTimeout(() => upload(form), 1500));
  }
  function tell(form, method, draft, keepalive) {
    const headers = draft ? { 'Content-Type': 'application/json' } : {};
    return ask(draftAddress(form), { method, headers, keepalive, body: draft ? JSON.stringify(draft) : undefined }).catch(() => null);
  }
  function upload(form, keepalive = false) {
    clearTimeout(waits.get(form));
    waits.delete(form);
    const draft = draftOf(form);
    if (!draft && !('atServer' in form.dataset)) return;
    if (draft) form.dataset.atServer = ''; else delete form.dataset.atServer;
    const go = () => tell(form, draft ? 'PUT' : 'DELETE', draft, keepalive);
    sent.set(form, keepalive ? go() : (sent.get(form) ?? Promise.resolve()).then(go));
  }
  // Once it is sent in earnest.
  async function forget(form) {
    clearTimeout(waits.get(form));
    waits.delete(form);
    try { localStorage.removeItem(draftKey(form)); } catch { /* there is none */ }
    await sent.get(form);
    if ('atServer' in form.dataset) tell(form, 'DELETE', null, true);
    delete form.dataset.atServer;
  }
  // Of whoever leaves: others who were here have their own.
  function dropDrafts() {
    try { for (const key of Object.keys(localStorage)) if (key.startsWith(`draft:${who}:`)) localStorage.removeItem(key); } catch { /* there are none */ }
  }
  // At a machine that several share none outlives its day, whoever forgot to leave.
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith('draft:')) continue;
      const typed = Date.parse(JSON.parse(localStorage.getItem(key))?.typed_at ?? '');
      if (!(Date.now() - typed < 12 * 3600000)) localStorage.removeItem(key);
    }
  } catch { /* there are none */ }
  const leaveDrafts = () => { for (const form of [...waits.keys()]) upload(form, true); };
  window.addEventListener('pagehide', leaveDrafts);
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leaveDrafts(); });
  document.addEventListener('reset', event => { if (event.target.dataset.draft) setTimeout(() => keep(event.target)); });

  function fillIn(form, draft) {
    const fields = draft?.fields;
    if (!fields) return false;
    const by = form.dataset.draftBy ? form.elements[form.dataset.draftBy] : null;
    if (by?.defaultValue && fields[by.name] !== undefined && fields[by.name] !== by.defaultValue) return false;
    // What changed meanwhile is not overwritten with what was typed before.
    const same = (fields['#version'] ?? '') === (form.dataset.version ?? '');
    let any = false;
    for (const field of form.elements) {
      if (!isTyped(field)) continue;
      if (isTicked(field)) {
        if (!same) continue; // what was decided of another version is decided anew
        const on = fields[`${field.name}=${field.value}`] === 'on';
        if (field.checked === on || field.checked !== field.defaultChecked) continue;
        field.checked = on;
        any = true;
      } else {
        const text = fields[field.name];
        if (text === undefined || text === field.value || field.value !== atFirst(field) || !(same || !field.value)) continue;
        field.value = text;
        any = true;
      }
    }
    if (!any) return false;
    const folded = form.closest('details');
    if (folded) folded.open = true;
    form.dispatchEvent(new CustomEvent('restored', { bubbles: true }));
    return true;
  }
  async function bringBack() {
    const forms = Array.from(document.querySelectorAll('form[data-draft]'));
    if (!forms.length) return;
    // Before anybody types: the next word is kept in its place.
    const local = forms.map(form => { try { return JSON.parse(localStorage.getItem(draftKey(form)) ?? 'null'); } catch { return null; } });
    const answer = await call('GET', '/api/v1/drafts');
    const there = new Map((answer.body?.items ?? []).map(it => [it.name, it]));
    let any = false;
    for (const [n, form] of forms.entries()) {
      let draft = local[n];
      const known = there.get(draftName(form));
      if (known) form.dataset.atServer = '';
      if (known && (!draft?.typed_at || new Date(known.typed_at) > new Date(draft.typed_at))) {
        const kept = await call('GET', draftAddress(form));
        if (kept.status === 200) draft = kept.body;
      }
      if (!fillIn(form, draft)) continue;
      any = true;
      // What died before it was on the server goes there now.
      if (draft === local[n] && !(known && new Date(known.typed_at) >= new Date(draft.typed_at))) keep(form);
    }
    if (any) say('已恢复上次未提交的内容。');
  }
  // Once the scripts of the page have made its fields.
  document.addEventListener('DOMContentLoaded', bringBack);

  // Keys: data-key="s" on anything that can be clicked or focused; Alt with it inside a field.
  const keyed = () => Array.from(document.querySelectorAll('[data-key]')).filter(it => it.offsetParent !== null);
  const keyList = document.getElementById('keys');
  function help() {
    const list = keyList.querySelector('dl');
    list.replaceChildren();
    const rows = [...new Map(keyed().reverse().map(it => [it.dataset.key, it.dataset.keyName ?? it.textContent.trim()]))].reverse();
    // data-keys="1 2 3=回答;Backspace=改上一个": what a script of the page's own listens to.
    for (const more of document.querySelectorAll('[data-keys]')) if (more.offsetParent !== null) for (const pair of more.dataset.keys.split(';')) rows.push(pair.split('='));
    rows.push(['j / k', '下一行 / 上一行'], ['Enter', '打开这一行'], ['?', '本页按键'], ['Alt', '在输入框里按住 Alt 再按上面的键']);
    for (const [key, name] of rows) {
      const dt = document.createElement('dt');
      const dd = document.createElement('dd');
      const cap = document.createElement('kbd');
      cap.textContent = key;
      dt.append(cap);
      dd.textContent = name;
      list.append(dt, dd);
    }
    keyList.showModal();
  }
  document.querySelector('[data-help]')?.addEventListener('click', help);
  // The row that is chosen: by j and k, or by going into it.
  const chosenRow = () => document.querySelector('[data-rows] > [data-at]');
  function comeTo(row) {
    const old = chosenRow();
    old?.removeAttribute('data-at');
    old?.removeAttribute('aria-selected');
    row.setAttribute('data-at', '');
    if (row.matches('tr')) row.setAttribute('aria-selected', 'true'); // what is no row of a table has no such state
  }
  document.addEventListener('focusin', event => { const row = event.target.closest('[data-rows] > *'); if (row) comeTo(row); });
  // A key that belongs to a row, where none is chosen or the chosen one has nothing of the kind.
  const notThere = () => say(chosenRow() ? '选中的一行没有这一项。' : '先用 j、k 选一行。');
  function move(step) {
    const rows = Array.from(document.querySelectorAll('[data-rows] > *')).filter(row => row.offsetParent !== null);
    if (!rows.length) return;
    const now = rows.findIndex(row => row.hasAttribute('data-at'));
    const next = Math.min(rows.length - 1, Math.max(0, now + step));
    comeTo(rows[next]);
    (rows[next].querySelector('a') ?? rows[next].querySelector('input, button'))?.focus();
    rows[next].scrollIntoView({ block: 'nearest' });
  }
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey) return;
    const typing = event.target.matches?.('input:not([type="radio"]):not([type="checkbox"]), textarea, select') ?? false;
    if (typing && !event.altKey) return;
    if (keyList?.open) return;
    if (event.key === '?') { event.preventDefault(); help(); return; }
    if (!typing && (event.key === 'j' || event.key === 'k')) { event.preventDefault(); move(event.key === 'j' ? 1 : -1); return; }
    const key = event.code?.startsWith('Key') ? event.code.slice(3).toLowerCase() : event.code?.startsWith('Digit') ? event.code.slice(5) : event.key;
    const all = keyed().filter(it => it.dataset.key.toLowerCase() === key);
    if (!all.length) return;
    event.preventDefault();
    if (event.repeat) return; // a key that is held acts once
    // Of rows the chosen one and no other; of several forms with one key the next that is not open yet.
    const free = all.filter(it => !it.closest('[data-rows]'));
    const found = all.find(it => it.closest('[data-at]')) ?? free.find(it => !it.open) ?? free[0];
    if (!found) { notThere(); return; }
    if (found.matches('details')) { found.open = true; found.querySelector('input, textarea, select, button')?.focus(); } else if (found.matches('input, textarea, select')) found.focus(); else found.click();
  });

  // On a phone a row is a block: each cell carries what its column is called, for console.css to put before it.
  function fold(place) {
    for (const table of place.querySelectorAll('table.fold')) {
      const heads = Array.from(table.tHead?.rows[0]?.cells ?? [], head => head.dataset.name ?? head.textContent.trim());
      for (const body of table.tBodies) for (const row of body.rows) Array.from(row.cells).forEach((cell, n) => { if (cell.matches('td') && heads[n]) cell.dataset.label = heads[n]; });
    }
  }
  fold(document);

  // <time data-due datetime="…">: how long it still is, moving by itself.
  const dues = () => document.querySelectorAll('time[data-due]');
  // Limits run by the server's clock, whatever this machine's says.
  const told = Date.parse(document.querySelector('meta[name="now"]')?.content ?? '');
  const ahead = Number.isNaN(told) ? 0 : told - Date.now();
  // <span data-working="180">: working minutes that were left as the page was made. They run in the stretches of working
  // time that the page names (data-shifts), which are the server's.
  const shifts = (document.querySelector('[data-shifts]')?.dataset.shifts ?? '').split(' ').filter(Boolean).map(it => it.split('/').map(Date.parse));
  const workedUntil = now => shifts.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, now) - Math.max(from, told)), 0) / 60000;
  function tick() {
    const now = Date.now() + ahead;
    const worked = workedUntil(now);
    for (const due of dues()) {
      const left = Math.round((new Date(due.dateTime) - now) / 60000);
      const minutes = Math.abs(left);
      const text = minutes >= 2880 ? `${Math.floor(minutes / 1440)} 天` : minutes >= 1440 ? `1 天 ${Math.floor(minutes / 60) - 24} 小时` : minutes >= 60 ? `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分` : `${minutes} 分钟`;
      due.textContent = left >= 0 ? `还有 ${text}` : `超期 ${text}`;
      due.classList.toggle('over', left < 0);
    }
    for (const place of document.querySelectorAll('[data-working]')) {
      const over = place.parentElement.querySelector('time[data-due]')?.classList.contains('over');
      const tenths = Math.floor(Math.abs(Number(place.dataset.working) - worked) / 6);
      place.textContent = `${over ? '超' : '剩'} ${tenths / 10} 工时`;
    }
  }
  tick();
  setInterval(tick, 20000);

  // What moves by itself while the page is looked at: counts, lights, states, who else is at work on the ticket. Where the
  // stream cannot be had, the page stays as it was made.
  const page = document.querySelector('[data-ticket][data-page]');
  const ofTicket = no => Array.from(document.querySelectorAll('[data-ticket]')).filter(it => it.dataset.ticket === no);
  function moved(it) {
    for (const place of ofTicket(it.no)) {
      const light = place.querySelector('[data-light]');
      if (light) { light.className = `light ${it.light}`; light.textContent = it.light_word; }
      const state = place.querySelector('[data-state]');
      if (state) state.textContent = it.state_word;
      const due = light?.parentElement.querySelector('time[data-due]');
      if (due && it.due_at && place !== page) due.dateTime = it.due_at;
      if (it.version <= Number(place.dataset.seen)) continue;
      if (place === page) document.querySelector('[data-moved]').hidden = false;
      else if (!place.querySelector('.news')) place.querySelector('td a, h2 a')?.after(' ', made('span', '有变化', { className: 'tag news' }));
    }
    tick();
  }
  function counted(counts) {
    const all = Object.values(counts).reduce((sum, it) => sum + it, 0);
    for (const place of document.querySelectorAll('[data-count]')) {
      const count = place.dataset.count === 'all' ? all : counts[place.dataset.count];
      place.hidden = !count;
      place.textContent = count > 999 ? '999+' : count ?? '';
    }
  }
  function present(it) {
    const line = page?.dataset.ticket === it.no ? document.querySelector('[data-at-work]') : null;
    if (!line) return;
    line.hidden = it.names.length === 0;
    line.textContent = it.names.length ? `${it.names.join('、')} 正在处理此件，请先沟通，以免重复办理。` : '';
  }
  let stream = null;
  let isOver = false;
  // Told that nothing more comes: who came back all the same would only take another page's place.
  function over(it) {
    isOver = true;
    hush();
    const why = it.why === 'login' ? '登录已结束' : '您同时打开的页面太多';
    const line = made('p', `${why}，本页不再自动更新。 `, { className: 'notice noprint' });
    line.setAttribute('role', 'status');
    const again = made('button', '刷新本页', { type: 'button', className: 'quiet' });
    again.addEventListener('click', () => location.reload());
    line.append(again);
    document.querySelector('main')?.prepend(line);
  }
  function listen() {
    if (stream || isOver || document.hidden || !echo || !window.EventSource) return;
    const shown = [...new Set(Array.from(document.querySelectorAll('[data-ticket]'), it => it.dataset.ticket))].slice(0, 100);
    const mine = new EventSource(`/live?tickets=${shown.map(encodeURIComponent).join(',')}`);
    const on = (name, act) => mine.addEventListener(name, event => { try { act(JSON.parse(event.data)); } catch { /* the page stays as it is */ } });
    on('ticket', moved);
    on('counts', counted);
    on('at_work', present);
    on('over', over);
    mine.addEventListener('error', () => { if (mine.readyState === EventSource.CLOSED && stream === mine) stream = null; });
    stream = mine;
  }
  function hush() { stream?.close(); stream = null; }
  // A page in the background takes none of the browser's few connections.
  document.addEventListener('visibilitychange', () => { if (document.hidden) hush(); else listen(); });
  window.addEventListener('pagehide', hush);
  window.addEventListener('pageshow', () => setTimeout(listen, 400));

  // That I am at work on this ticket: from the first word, or an opened form, until nothing was typed for two minutes.
  let attends = 0;
  let lastTyped = 0;
  function attend() {
    call('PUT', `/live/${encodeURIComponent(page.dataset.ticket)}`);
    attends = setTimeout(() => { attends = 0; if (Date.now() - lastTyped < 120000 && !document.hidden) attend(); }, 20000);
  }
  function works(form) {
    if (!page || !form?.dataset.call) return;
    lastTyped = Date.now();
    if (!attends) attend();
  }
  document.addEventListener('input', event => works(event.target.form));
  document.addEventListener('toggle', event => { if (event.target.open) works(event.target.querySelector?.('form[data-draft]')); }, true);
  window.addEventListener('pagehide', () => {
    if (page && lastTyped) fetch(`/live/${encodeURIComponent(page.dataset.ticket)}`, { method: 'DELETE', headers: { 'X-CSRF-Token': echo }, keepalive: true }).catch(() => null);
  });

  // What the field page keeps on this phone, a list of tasks and what waits to be sent, is dropped after three days.
  const isOld = since => !(Date.now() - since < 72 * 3600000);
  // Of what waits there, how much is such as `which` says; taken away where that is asked for.
  async function waiting(which, mode) {
    const all = (await window.indexedDB?.databases?.()) ?? [];
    if (!all.some(it => it.name === 'jiesu-field')) return 0;
    return new Promise((good, bad) => {
      const asked = indexedDB.open('jiesu-field');
      asked.onerror = () => bad(asked.error);
      asked.onsuccess = () => {
        const db = asked.result;
        let count = 0;
        try {
          const work = db.transaction('out', mode);
          work.objectStore('out').openCursor().onsuccess = event => {
            const at = event.target.result;
            if (!at) return;
            if (which(at.value)) { count += 1; if (mode === 'readwrite') at.delete(); }
            at.continue();
          };
          work.oncomplete = () => { db.close(); good(count); };
          work.onabort = () => { db.close(); bad(work.error); };
        } catch (error) { db.close(); bad(error); }
      };
    });
  }
  async function sweepField() {
    if (window.caches && await caches.has('jiesu-field')) {
      const page = await (await caches.open('jiesu-field')).match('/field');
      if (page && isOld(Date.parse(page.headers.get('date') ?? ''))) await caches.delete('jiesu-field');
    }
    await waiting(it => isOld(it.saved), 'readwrite');
  }
  // The field page does it itself, and says so.
  if (!document.querySelector('[data-field]')) sweepField().catch(() => { /* there is none */ });

  document.querySelector('[data-leave]')?.addEventListener('click', async () => {
    const left = await waiting(it => it.who === who, 'readonly').catch(() => 0);
    if (left && !confirm(`还有 ${left} 条照片或记录没有发出，退出后即从本机删除。仍要退出吗？`)) return;
    // What was typed is the server's before the session ends, and this machine keeps none of it.
    leaveDrafts();
    await Promise.race([Promise.all(sent.values()), new Promise(go => setTimeout(go, 3000))]);
    const gone = await call('POST', '/logout');
    if (gone.status) {
      dropDrafts();
      await waiting(it => it.who === who, 'readwrite').catch(() => 0);
    }
    // What the field page has kept on this machine is nobody's afterwards.
    if (window.caches) for (const name of await caches.keys()) await caches.delete(name);
    location.assign('/login');
  });

  window.jiesu = { call, say, ask, bodyOf, complain, fresh, draftOf, fillIn, isOld, chosenRow, notThere, fold, holdsNumber, alsoOf, offered };
})();
