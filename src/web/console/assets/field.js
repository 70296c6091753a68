// In the field: photos and notes are put by on this phone first and leave as soon as there is a signal; each goes once.
// Under https (or on this machine) the page itself opens without a signal too.
(() => {
  'use strict';
  const { ask, say, fresh, isOld } = window.jiesu;
  const who = document.querySelector('[data-field]').dataset.field;
  const list = document.querySelector('[data-waiting]');
  const net = document.querySelector('[data-net]');

  // What waits to be sent: {id, who, no, what, url, key, json | file, name, kind, at, saved, why}.
  const opened = new Promise((good, bad) => {
    const asked = indexedDB.open('jiesu-field', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('out', { keyPath: 'id', autoIncrement: true });
    asked.onsuccess = () => good(asked.result);
    asked.onerror = () => bad(asked.error);
  });
  // Done is what is on the phone's disk; where that is full, a request succeeds and its transaction does not.
  async function store(mode, act) {
    const db = await opened;
    return new Promise((good, bad) => {
      const work = db.transaction('out', mode, { durability: 'strict' });
      const asked = act(work.objectStore('out'));
      work.oncomplete = () => good(asked.result);
      work.onabort = () => bad(work.error);
    });
  }
  const mine = async () => (await store('readonly', out => out.getAll())).filter(it => it.who === who);

  // What could not be sent for three days is no longer kept on this phone, whosever it is.
  async function expire() {
    const old = (await store('readonly', out => out.getAll())).filter(it => isOld(it.saved));
    for (const it of old) await store('readwrite', out => out.delete(it.id));
    const own = old.filter(it => it.who === who);
    if (!own.length) return;
    warn(`${own.length} 条 72 小时没有发出，已从本机删除：${[...new Set(own.map(it => `${it.no} ${it.what}`))].join('、')}`);
  }
  // What is not to be missed stays where it is read.
  function warn(text) {
    const line = document.querySelector('[data-dropped]');
    line.textContent = text;
    line.hidden = false;
  }

  const arrivals = new Set(); // addresses of what is asked for once and has arrived
  function button(word, act) {
    const it = document.createElement('button');
    it.type = 'button';
    it.textContent = word;
    it.addEventListener('click', act);
    return it;
  }

  async function show() {
    await expire();
    const all = await mine();
    list.replaceChildren(...all.map(it => {
      const li = document.createElement('li');
      li.textContent = `${it.no} ${it.what} ${it.at}${it.why ? `：${it.why}` : ''} `;
      if (it.why) {
        li.append(button('再发一次', async () => {
          delete it.why;
          await store('readwrite', out => out.put(it));
          send();
        }), ' ', button('删除', async () => { await store('readwrite', out => out.delete(it.id)); show(); }));
      }
      return li;
    }));
    list.closest('section').hidden = all.length === 0;
    const left = all.filter(it => !it.why);
    // What is pressed once, a signature, is not offered again while it waits or once it has arrived.
    for (const form of document.querySelectorAll('form[data-put]')) {
      if (form.elements.text) continue;
      form.querySelector('button').disabled = left.some(it => it.url === form.dataset.put);
      form.hidden = arrivals.has(form.dataset.put);
    }
    if (!navigator.onLine) net.textContent = `没有信号：已存 ${all.length} 条，恢复后自动发送`;
    else if (left.length) net.textContent = `有 ${left.length} 条待发送`;
    else net.textContent = all.length ? `有 ${all.length} 条没有被接收，原因见下` : '在线，没有待发送的内容';
  }

  // One after the other; what is refused stays with its reason until somebody says more, what had no answer is sent again
  // under the same key.
  let busy = false;
  let again = false;
  async function send() {
    again = true;
    if (busy) return;
    busy = true;
    let arrived = 0;
    try {
      while (again) {
        again = false;
        for (const it of (await mine()).filter(one => !one.why)) {
          if (!await sent(it)) break;
          if (!it.why) arrived += 1;
        }
      }
    } finally { busy = false; }
    await show();
    // What this phone keeps of the list is not older than what it has sent.
    if (arrived && navigator.serviceWorker?.controller) fetch('/field').catch(() => { /* the older one is there */ });
  }
  // Whether the next one may go: this one arrived or was refused.
  async function sent(it) {
    const headers = { Accept: 'application/json', 'Idempotency-Key': it.key };
    let body;
    if (it.file) {
      body = new FormData();
      body.append('kind', it.kind);
      body.append('file', it.file, it.name);
    } else {
      headers['Content-Type'] = 'application/json';
      body = JSON.stringify(it.json);
    }
    let answer;
    try { answer = await ask(it.url, { method: 'POST', headers, body }); } catch { return false; }
    if (answer.ok) {
      await store('readwrite', out => out.delete(it.id));
      if (!it.file && !it.json.text) arrivals.add(it.url);
      say(`${it.no} ${it.what}已送达。`);
      return true;
    }
    const problem = await answer.json().catch(() => ({}));
    if (answer.status === 401 || problem.code === 'console.echo') { say('登录已过期：重新登录后自动发送，内容不会丢。'); return false; }
    // Another page of this phone's is at it.
    if (problem.code === 'idempotency.running') return false;
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) return false;
    it.why = [problem.detail ?? '没有成功', ...(problem.errors ?? []).map(one => one.detail)].join(' ');
    await store('readwrite', out => out.put(it));
    return true;
  }
  // Answers whether this phone has it now: what it has not stays where it was chosen or typed.
  async function put(it) {
    const at = new Date().toTimeString().slice(0, 5);
    try {
      await store('readwrite', out => out.add({ who, key: fresh(), at, saved: Date.now(), ...it }));
    } catch {
      warn(`${it.no} ${it.what}没有存进本机，可能是空间不足或处于无痕浏览：请不要关闭本页，腾出空间后再试，或有信号时在工单页提交。`);
      return false;
    }
    await show();
    send();
    return true;
  }

  // A phone's photo is made smaller before it waits; one that cannot be drawn goes as it is.
  async function smaller(file) {
    try {
      const picture = await createImageBitmap(file);
      const by = Math.min(1, 2560 / Math.max(picture.width, picture.height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(picture.width * by);
      canvas.height = Math.round(picture.height * by);
      canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
      const drawn = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.85));
      return drawn && drawn.size < file.size ? drawn : file;
    } catch { return file; }
  }
  for (const input of document.querySelectorAll('input[data-photo]')) {
    input.addEventListener('change', async () => {
      const { no, photo: kind, word } = input.dataset;
      let isKept = true;
      for (const file of Array.from(input.files)) {
        const drawn = await smaller(file);
        isKept = isKept && await put({ no, what: `${word}照片`, url: `/api/v1/tickets/${encodeURIComponent(no)}/attachments`, kind, file: drawn, name: drawn === file ? file.name : 'photo.jpg' });
      }
      if (isKept) input.value = '';
    });
  }
  for (const form of document.querySelectorAll('form[data-put]')) {
    form.addEventListener('submit', async event => {
      event.preventDefault();
      // A second tap is none.
      if (form.getAttribute('aria-busy') === 'true') return;
      form.setAttribute('aria-busy', 'true');
      const text = form.elements.text?.value.trim();
      if (await put({ no: form.dataset.no, what: form.dataset.what, url: form.dataset.put, json: text ? { text } : {} })) form.reset();
      form.removeAttribute('aria-busy');
    });
  }

  // What keeps this page (field-worker.js) is not there yet when the page comes for the first time: what is missing is asked
  // for through it, so that the page opens without a signal from now on.
  async function keep() {
    const keeper = navigator.serviceWorker;
    if (!keeper) return; // a plain address: the page stays open instead
    await keeper.register('/field-worker.js', { scope: '/field' });
    if (!keeper.controller) await new Promise(go => keeper.addEventListener('controllerchange', go, { once: true }));
    const parts = Array.from(document.querySelectorAll('script[src], link[href], img[src]'), it => it.src || it.href);
    for (const part of ['/field', ...new Set(parts)]) if (!await caches.match(part)) await fetch(part);
  }

  addEventListener('online', send);
  addEventListener('offline', show);
  setInterval(send, 30000);
  show().then(send).catch(() => warn('这部手机不能保存待发送的内容，可能处于无痕浏览：请有信号时在工单页提交。'));
  keep().catch(() => { /* without a signal, or forbidden: what is kept stays kept */ });
  // A phone that runs short of room is asked to clear away something else first.
  navigator.storage?.persist?.().catch(() => { /* it may all the same */ });
})();
