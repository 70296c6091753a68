// The console's one script: forms that call the interface, keys, countdowns, drafts. No library, nothing newer than
// Chromium 109; pages work as far as reading goes without it.
(() => {
  'use strict';
  const echo = document.querySelector('meta[name="echo"]')?.content ?? '';
  const said = document.getElementById('said');

  // What just happened, for eye and screen reader.
  function say(text) {
    if (!said) return;
    const line = document.createElement('p');
    line.textContent = text;
    said.append(line);
    setTimeout(() => line.remove(), 8000);
  }

  // One call of the interface; answers {status, body, version}.
  async function call(method, address, body, more = {}) {
    const headers = { 'X-CSRF-Token': echo, Accept: 'application/json', ...more };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
      const answer = await fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
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
    form.removeAttribute('aria-busy');
    if (answer.status >= 200 && answer.status < 300) {
      if (form.dataset.draft) forget(form);
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
    if (answer.status === 412) { complain(form, { detail: '别人刚刚改过这张工单。您填写的内容还在；请先在新标签页看看改了什么，再决定是否重新提交。' }); form.removeAttribute('data-version'); return; }
    complain(form, answer.body);
    form.dispatchEvent(new CustomEvent('refused', { bubbles: true, detail: answer.body }));
  }
  // Where the site is small, opening a ticket signs for it.
  addEventListener('DOMContentLoaded', () => { const form = document.querySelector('form[data-at-once]'); if (form) send(form); });
  // What was revealed, or is told this once, stands in the form until the page is left, and nowhere else;
  // data-shown="key" names the fields where the answer has others.
  function show(form, body) {
    const list = form.querySelector('[data-shown]');
    if (!list) return;
    const names = { phone: '电话', second_phone: '备用电话', name: '姓名', email: '邮箱', address: '地址', building: '楼栋', title: '标题', content: '内容', one_time_password: '一次性密码', key: '密钥', secret: '密钥', uri: '配置链接', url: '链接', until: '有效至' };
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

  // <input data-choose="/api/v1/estates" name="place.estate">: a code by a few letters; the list under it shows names.
  for (const field of document.querySelectorAll('input[data-choose]')) choose(field);
  function choose(field) {
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
    code.setAttribute('data-chosen', '');
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
    const close = () => { list.hidden = true; field.setAttribute('aria-expanded', 'false'); };
    const take = item => {
      code.value = item.dataset.code;
      field.value = item.dataset.name;
      close();
      field.dispatchEvent(new CustomEvent('chosen', { bubbles: true, detail: { code: code.value, name: field.value } }));
      if (field.form?.dataset.draft) keep(field.form);
    };
    field.addEventListener('input', () => {
      code.value = '';
      clearTimeout(wait);
      wait = setTimeout(async () => {
        const text = field.value.trim();
        if (!text) { close(); return; }
        const mine = ++round;
        const joint = field.dataset.choose.includes('?') ? '&' : '?';
        const answer = await call('GET', `${field.dataset.choose}${joint}q=${encodeURIComponent(text)}&limit=12`);
        if (mine !== round) return;
        list.replaceChildren();
        for (const item of answer.body?.items ?? []) {
          const line = document.createElement('li');
          line.setAttribute('role', 'option');
          line.id = `choice-${++ids}`;
          line.dataset.code = item.code;
          line.dataset.name = item.name;
          line.textContent = item.path ?? item.name;
          line.addEventListener('mousedown', event => { event.preventDefault(); take(line); });
          list.append(line);
        }
        list.hidden = !list.children.length;
        field.setAttribute('aria-expanded', String(!list.hidden));
        list.firstElementChild?.setAttribute('aria-selected', 'true');
      }, 120);
    });
    field.addEventListener('keydown', event => {
      if (list.hidden) return;
      const items = Array.from(list.children);
      const now = items.findIndex(item => item.getAttribute('aria-selected') === 'true');
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        const next = (now + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length;
        items[now]?.removeAttribute('aria-selected');
        items[next].setAttribute('aria-selected', 'true');
        field.setAttribute('aria-activedescendant', items[next].id);
        items[next].scrollIntoView({ block: 'nearest' });
      } else if (event.key === 'Enter' || event.key === 'Tab') { if (items[now]) { if (event.key === 'Enter') event.preventDefault(); take(items[now]); } } else if (event.key === 'Escape') { event.preventDefault(); close(); }
    });
    field.addEventListener('blur', close);
    field.form?.addEventListener('reset', () => { code.value = field.dataset.code ?? ''; close(); });
  }

  // Drafts: what was typed is there again after the browser died.
  const who = document.querySelector('.bar .me span')?.textContent ?? '';
  const draftName = form => `draft:${who}:${form.dataset.draft}`;
  const touched = field => {
    if (!field.name || field.type === 'password' || field.type === 'hidden') return false;
    if (field.type === 'radio' || field.type === 'checkbox') return field.checked !== field.defaultChecked;
    if (field.options) return field.selectedIndex !== Math.max(0, Array.from(field.options).findIndex(it => it.defaultSelected));
    return field.value !== (field.defaultValue ?? '');
  };
  function keep(form) {
    if (!Array.from(form.elements).some(touched)) { forget(form); return; }
    const kept = {};
    for (const field of form.elements) {
      if (!field.name || field.type === 'password' || (field.type === 'hidden' && !field.hasAttribute('data-chosen'))) continue;
      if (field.type === 'radio' || field.type === 'checkbox') { if (field.checked) kept[`${field.name}=${field.value}`] = true; } else if (field.value) kept[field.name] = field.value;
    }
    try { localStorage.setItem(draftName(form), JSON.stringify(kept)); } catch { /* full or forbidden: the page works without */ }
  }
  function forget(form) {
    try { localStorage.removeItem(draftName(form)); } catch { /* forbidden: nothing is kept either */ }
  }
  document.addEventListener('reset', event => { if (event.target.dataset.draft) forget(event.target); });
  for (const form of document.querySelectorAll('form[data-draft]')) {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(draftName(form)) ?? 'null'); } catch { kept = null; }
    if (!kept) continue;
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = kept[`${field.name}=${field.value}`] === true || field.checked; else if (kept[field.name] !== undefined && !field.value) field.value = kept[field.name];
    }
    form.dispatchEvent(new CustomEvent('restored', { bubbles: true }));
    say('已恢复上次未提交的内容。');
  }

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
  function move(step) {
    const rows = Array.from(document.querySelectorAll('[data-rows] > *')).filter(row => row.offsetParent !== null);
    if (!rows.length) return;
    const now = rows.findIndex(row => row.hasAttribute('data-at'));
    const next = Math.min(rows.length - 1, Math.max(0, now + step));
    rows[now]?.removeAttribute('data-at');
    rows[now]?.removeAttribute('aria-selected');
    rows[next].setAttribute('data-at', '');
    if (rows[next].matches('tr')) rows[next].setAttribute('aria-selected', 'true'); // what is no row of a table has no such state
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
    // Of many rows the one that is chosen; of several forms with one key the next that is not open yet.
    const found = all.find(it => it.closest('[data-at]')) ?? all.find(it => !it.open) ?? all[0];
    if (!found) return;
    event.preventDefault();
    if (found.matches('details')) { found.open = true; found.querySelector('input, textarea, select, button')?.focus(); } else if (found.matches('input, textarea, select')) found.focus(); else found.click();
  });

  // <time data-due datetime="…">: how long it still is, moving by itself.
  const dues = () => document.querySelectorAll('time[data-due]');
  // Limits run by the server's clock, whatever this machine's says.
  const told = Date.parse(document.querySelector('meta[name="now"]')?.content ?? '');
  const ahead = Number.isNaN(told) ? 0 : told - Date.now();
  function tick() {
    const now = Date.now() + ahead;
    for (const due of dues()) {
      const left = Math.round((new Date(due.dateTime) - now) / 60000);
      const minutes = Math.abs(left);
      const text = minutes >= 2880 ? `${Math.floor(minutes / 1440)} 天` : minutes >= 120 ? `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分` : `${minutes} 分钟`;
      due.textContent = left >= 0 ? `还有 ${text}` : `超期 ${text}`;
      due.classList.toggle('over', left < 0);
    }
  }
  tick();
  setInterval(tick, 20000);

  document.querySelector('[data-leave]')?.addEventListener('click', async () => {
    await call('POST', '/logout');
    // What the field page has kept on this machine is nobody's afterwards.
    if (window.caches) for (const name of await caches.keys()) await caches.delete(name);
    location.assign('/login');
  });

  window.jiesu = { call, say, bodyOf, complain, fresh };
})();
