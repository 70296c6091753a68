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
  async function store(mode, act) {
    const db = await opened;
    return new Promise((good, bad) => {
      const asked = act(db.transaction('out', mode).objectStore('out'));
      asked.onsuccess = () => good(asked.result);
      asked.onerror = () => bad(asked.error);
    });
  }
  const mine = async () => (await store('readonly', out => out.getAll())).filter(it => it.who === who);

  // What could not be sent for three days is no longer kept on this phone, whosever it is.
  async function expire() {
    const old = (await store('readonly', out => out.getAll())).filter(it => isOld(it.saved));
    for (const it of old) await store('readwrite', out => out.delete(it.id));
    const own = old.filter(it => it.who === who);
    if (!own.length) return;
    const line = document.querySelector('[data-dropped]');
    line.textContent = `${own.length} 条 72 小时没有发出，已从本机删除：${[...new Set(own.map(it => `${it.no} ${it.what}`))].join('、')}`;
    line.hidden = false;
  }

  async function show() {
    await expire();
    const all = await mine();
    list.replaceChildren(...all.map(it => {
      const li = document.createElement('li');
      li.textContent = `${it.no} ${it.what} ${it.at}${it.why ? `：${it.why}` : ''} `;
      if (it.why) {
        const away = document.createElement('button');
        away.type = 'button';
        away.textContent = '删除';
        away.addEventListener('click', async () => { await store('readwrite', out => out.delete(it.id)); show(); });
        li.append(away);
      }
      return li;
    }));
    list.closest('section').hidden = all.length === 0;
    net.textContent = navigator.onLine ? (all.length ? `有 ${all.length} 条待发送` : '在线，没有待发送的内容') : `没有信号：已存 ${all.length} 条，恢复后自动发送`;
  }

  // One after the other; what is refused stays with its reason, what had no answer is sent again under the same key.
  let busy = false;
  async function send() {
    if (busy) return;
    busy = true;
    try {
      for (const it of await mine()) {
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
        try { answer = await ask(it.url, { method: 'POST', headers, body }); } catch { break; }
        if (answer.ok) {
          await store('readwrite', out => out.delete(it.id));
          say(`${it.no} ${it.what}已送达。`);
          continue;
        }
        const problem = await answer.json().catch(() => ({}));
        if (answer.status === 401 || problem.code === 'console.echo') { say('登录已过期：重新登录后自动发送，内容不会丢。'); break; }
        if (answer.status >= 500 || answer.status === 408 || answer.status === 429) break;
        it.why = [problem.detail ?? '没有成功', ...(problem.errors ?? []).map(one => one.detail)].join(' ');
        await store('readwrite', out => out.put(it));
      }
    } finally { busy = false; }
    await show();
  }
  async function put(it) {
    const at = new Date().toTimeString().slice(0, 5);
    await store('readwrite', out => out.add({ who, key: fresh(), at, saved: Date.now(), ...it }));
    await show();
    send();
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
      for (const file of Array.from(input.files)) {
        const drawn = await smaller(file);
        await put({ no, what: `${word}照片`, url: `/api/v1/tickets/${encodeURIComponent(no)}/attachments`, kind, file: drawn, name: drawn === file ? file.name : 'photo.jpg' });
      }
      input.value = '';
    });
  }
  for (const form of document.querySelectorAll('form[data-put]')) {
    form.addEventListener('submit', async event => {
      event.preventDefault();
      const text = form.elements.text?.value.trim();
      await put({ no: form.dataset.no, what: form.dataset.what, url: form.dataset.put, json: text ? { text } : {} });
      form.reset();
    });
  }

  addEventListener('online', send);
  addEventListener('offline', show);
  setInterval(send, 30000);
  show().then(send);
  navigator.serviceWorker?.register('/field-worker.js', { scope: '/field' }).catch(() => { /* a plain address: the page stays open instead */ });
})();
