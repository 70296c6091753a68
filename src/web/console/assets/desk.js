// The agent's desk: who calls, and what may fit, while the agent types. Everything is asked of the interface.
(() => {
  'use strict';
  const form = document.getElementById('intake');
  if (!form) return;
  const { call, say, fresh, draftOf, fillIn } = window.jiesu;
  const part = name => document.querySelector(`[data-part="${name}"]`);
  const field = name => form.elements[name];
  // What states are called, as everywhere.
  const stateOf = Object.fromEntries(form.dataset.states.split(';').filter(Boolean).map(pair => pair.split('=')));
  // A caller's number stands in no address: the server has sent us on without it. What it waited under is over now.
  if (location.search.includes('ring=')) {
    const ringing = new URLSearchParams(location.search).get('call_id');
    history.replaceState(null, '', ringing ? `/desk?call_id=${encodeURIComponent(ringing)}` : '/desk');
  }
  const live = ['accepted', 'consulting', 'in_units', 'replied', 'on_ledger', 'surveying'];

  function fill(name, rows) {
    const box = part(name);
    const list = box.querySelector('[data-list]');
    list.replaceChildren(...rows);
    box.hidden = rows.length === 0;
  }
  // What is rebuilt while the agent types is not read out; how much there is stands in one line that is.
  const heard = { theirs: '', warned: '', found: '' };
  function hear(more) {
    Object.assign(heard, more);
    const text = Object.values(heard).filter(Boolean).join('；');
    const place = document.querySelector('[data-heard]');
    if (place.textContent !== text) place.textContent = text;
  }
  function line(parts) {
    const li = document.createElement('li');
    for (const piece of parts) li.append(piece);
    return li;
  }
  function link(no, text) {
    const a = document.createElement('a');
    a.href = `/tickets/${encodeURIComponent(no)}`;
    a.target = '_blank';
    a.textContent = text;
    return a;
  }
  function press(text, act) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.addEventListener('click', act);
    return button;
  }

  // Into a field of choices what was found for it.
  const give = (name, code, called) => field(`${name}-typed`).dispatchEvent(new CustomEvent('take', { detail: { code, name: called } }));

  // The first of several has the key.
  function keyed(button, key, name) {
    const cap = document.createElement('kbd');
    cap.textContent = key;
    button.append(' ', cap);
    button.dataset.key = key;
    button.dataset.keyName = name;
    return button;
  }
  // Now, as the server has it.
  const opened = Date.parse(document.querySelector('meta[name="now"]').content);
  const now = () => new Date(opened + performance.now() - 1000);

  // Their tickets, the open ones first.
  let asked = '';
  async function who() {
    const phone = field('caller.phone').value.trim();
    if (phone === asked || phone.length < 7) return;
    asked = phone;
    const answer = await call('POST', '/api/v1/tickets/find?limit=20', { caller_phone: phone });
    if (phone !== asked) return;
    const items = (answer.body?.items ?? []).sort((a, b) => live.includes(b.state) - live.includes(a.state));
    theirs(items);
    later();
  }
  // Each with its state; what is open can be urged, the first one by a key.
  function theirs(items) {
    const first = items.find(it => live.includes(it.state));
    hear({ theirs: items.length ? `来电人有 ${items.length} 件工单` : '' });
    fill('caller', items.map(it => {
      const a = link(it.no, `${it.no} ${it.title}`);
      const parts = [a, ` ${stateOf[it.state] ?? it.state}`];
      if (it === first) { a.dataset.key = 'o'; a.dataset.keyName = `打开 ${it.no}`; }
      if (live.includes(it.state)) {
        const button = press('催办', () => urge(it));
        button.setAttribute('aria-label', `催办 ${it.no}`);
        if (it === first) { button.dataset.key = 'u'; button.dataset.keyName = `催办 ${it.no}（话写在诉求内容里）`; }
        parts.push(' ', button);
      } else parts.push(' ', press('续办此件', () => { give('previous', it.no, it.no); field('previous').closest('details').open = true; say(`前次工单：${it.no}`); }));
      return line(parts);
    }));
  }
  // In the caller's words, which stand where a matter would be written down.
  let urging = false;
  async function urge(it) {
    const content = field('matter.content');
    const text = content.value.trim();
    if (!text) { content.focus(); say('请先在诉求内容里记下催办的话。'); return; }
    if (urging) return;
    urging = true;
    const answer = await call('POST', `/api/v1/tickets/${encodeURIComponent(it.no)}/urge`, { text }, { 'Idempotency-Key': fresh() });
    urging = false;
    if (answer.status < 200 || answer.status >= 300) { say([answer.body?.detail ?? '没有成功，请再试一次。', ...(answer.body?.errors ?? []).map(wrong => wrong.detail)].join(' ')); return; }
    content.value = '';
    content.dispatchEvent(new Event('input', { bubbles: true }));
    say(`已催办 ${it.no}。`);
  }
  // What is taken in is merged at once into another: a known incident, or the same matter.
  const into = form.querySelector('[data-into]');
  function merge(no) {
    field('into').value = no;
    into.hidden = !no;
    into.querySelector('span').textContent = no ? `受理后并入 ${no}，不另派单。` : '';
  }
  into.querySelector('button').addEventListener('click', () => merge(''));
  function merging(it, first) {
    const button = press('并入', () => { merge(it.no); say(`受理后并入 ${it.no}`); });
    return it === first ? keyed(button, 'g', `并入 ${it.no}`) : button;
  }
  field('caller.phone').addEventListener('change', who);
  field('caller.phone').addEventListener('input', () => { if (field('caller.phone').value.trim().length >= 11) who(); });

  // Below one in ten a model's suggestion is wrong nine times out of ten: it would take a key and a look, and offer
  // nothing. Before there is a model the score only orders what the names say.
  const LEAST = 0.1;

  // What the text may be about.
  let wait = 0;
  let round = 0;
  function later() { clearTimeout(wait); wait = setTimeout(suggest, 250); }
  async function suggest() {
    const content = field('matter.content').value.trim();
    if (content.length < 4) return;
    const mine = ++round;
    const place = {};
    if (field('place.estate')?.value) place.estate = field('place.estate').value;
    if (field('place.address').value.trim()) place.address = field('place.address').value.trim();
    const body = { content };
    if (Object.keys(place).length) body.place = place;
    const phone = field('caller.phone').value.trim();
    if (phone) body.caller_phone = phone;
    if (field('matter.category')?.value) body.category = field('matter.category').value;
    const answer = await call('POST', '/api/v1/suggest', body);
    if (mine !== round || answer.status !== 200) return;
    const found = answer.body;
    const likely = it => !found.model || it.score >= LEAST;
    field('slip').value = found.slip ?? '';
    fill('categories', found.categories.filter(likely).slice(0, 5).map((it, n) => {
      const button = press(`${it.path?.length ? `${it.path.join(' / ')} / ` : ''}${it.name}`, () => choose(it));
      if (n < 5) { button.dataset.key = String(n + 1); button.dataset.keyName = `选用分类：${it.name}`; }
      return line([button, ` ${it.score >= 0.2 ? `${Math.round(it.score * 100)}% ` : ''}${it.words?.length ? `因：${it.words.join('、')}` : ''}`]);
    }));
    fill('units', found.units.filter(likely).slice(0, 3).map(it => line([`${it.name}：${it.why}`])));
    for (const it of found.units) named.set(it.lead, it.name);
    fill('vexatious', found.vexatious ? [line([`该来电人就此事已被两人认定为恶意重复诉求；照常受理。（${found.vexatious.reason}）`])] : []);
    fill('places', found.places.filter(it => it.estate).slice(0, 3).map(it => line([press(`${it.path.join(' / ')} / ${it.estate.name}`, () => settle(it.estate)), ` ${it.why}`])));
    const incidents = found.incidents.slice(0, 3);
    const duplicates = found.duplicates.slice(0, 3);
    const first = incidents.find(it => it.no) ?? duplicates.find(it => live.includes(it.state)); // as they stand on the page
    fill('duplicates', duplicates.map(it => line([link(it.no, `${it.no} ${it.title}`), ` ${stateOf[it.state] ?? ''} `, live.includes(it.state) ? merging(it, first) : ''])));
    fill('incidents', incidents.map(it => line([it.no ? link(it.no, it.title) : it.title, it.tell ? `：${it.tell} ` : ' ', ...(it.no ? [merging(it, first)] : [])])));
    fill('articles', found.articles.slice(0, 3).map(it => line([it.title, it.internal ? '（仅内部）' : '', ' ', press('据此答复', () => cite(it))])));
    const count = ['incidents', 'duplicates', 'places', 'categories', 'units', 'articles'].reduce((sum, name) => sum + part(name).querySelector('[data-list]').children.length, 0);
    hear({ warned: found.vexatious ? '请留意：恶意重复诉求' : '', found: count ? `${count} 条建议` : '' });
  }
  function settle(estate) {
    field('place.estate').value = estate.code;
    field('place.estate-typed').value = estate.name;
    say(`小区：${estate.name}`);
    later();
  }
  function choose(category) {
    field('matter.category').value = category.code;
    field('matter.category-typed').value = category.name;
    say(`分类：${category.name}`);
    later();
  }
  field('matter.content').addEventListener('input', later);
  form.addEventListener('chosen', later);
  field('place.address').addEventListener('change', later);

  // What is done at once after it was taken in: answered, declined, diverted.
  const finish = field('finish');
  function minded() {
    for (const row of form.querySelectorAll('[data-finish]')) row.hidden = !row.dataset.finish.split(' ').includes(finish.value);
    field('finish.text').required = ['answer', 'decline'].includes(finish.value);
  }
  finish.addEventListener('change', minded);
  form.addEventListener('restored', minded);
  minded();
  // Dispatched by the catalogue it could not be answered any more.
  form.addEventListener('submit', () => { if (finish.value) form.querySelector('[name="dispatch"][value="hold"]').checked = true; });
  const orders = {
    answer: text => ({ text, ...(field('finish.article').value.trim() ? { article: field('finish.article').value.trim() } : {}) }),
    decline: text => ({ reason: field('finish.reason').value, told: text }),
    divert: () => ({ service: field('finish.service').value, at: now().toISOString() }),
  };
  // What an article says goes into the answer, unless callers are not told of it.
  async function cite(it) {
    finish.value = 'answer';
    minded();
    give('finish.article', it.code, it.title);
    field('finish.text').focus();
    if (it.internal) { say('内部条目只作依据，不引入正文。'); return; }
    const answer = await call('GET', `/api/v1/articles/${encodeURIComponent(it.code)}`);
    if (answer.status === 200 && !field('finish.text').value.trim()) field('finish.text').value = answer.body.body;
  }

  // A warning to whoever abuses the agent: its time is noted on the ticket.
  let warned = [];
  function warn(at) {
    warned.push(at);
    document.querySelector('[data-warned]').append(line([`${at} 第 ${warned.length} 次提醒`]));
  }
  document.querySelector('[data-warn]').addEventListener('click', () => {
    warn(now().toTimeString().slice(0, 8));
    say(`已记第 ${warned.length} 次提醒`);
  });

  // Taken in: what to say aloud: what, where, who, by which day, number, code.
  const named = new Map();
  const year = (document.querySelector('meta[name="now"]')?.content ?? '').slice(0, 4);
  const date = at => `${at.slice(0, 4) === year ? '' : `${at.slice(0, 4)}年`}${Number(at.slice(5, 7))}月${Number(at.slice(8, 10))}日${at.slice(11, 16) === '23:59' ? '' : at.slice(11, 16)}`;
  async function leadOf(code) {
    if (!named.has(code)) {
      const answer = await call('GET', `/api/v1/units/${encodeURIComponent(code)}`);
      if (answer.status === 200) named.set(code, answer.body.name);
    }
    return named.get(code) ?? code;
  }
  async function readBack(taken, where, then, merged) {
    const due = taken.limits?.overall?.due_at;
    const lead = taken.lead ? await leadOf(taken.lead) : '';
    const next = { answer: '已当场答复您。', decline: '不予受理，理由已告知您。', divert: '已为您转接。' }[then]
      ?? (merged ? `已并入 ${merged} 一并办理，` : lead ? `由${lead}办理，` : '由派单员转承办单位办理，') + (due ? `${date(due)}前答复您。` : '办好后答复您。');
    const tail = taken.phone_tail ? `和${taken.phone_tail}` : '和您电话的后四位';
    return `您反映的「${taken.title}」${where ? `（${where}）` : ''}已受理。${next}编号${taken.no}，查询码${taken.code}，查询时报编号、查询码${tail}。`;
  }

  // A slip is taken back before anybody was written to; what was typed stands in the form again.
  const undo = part('said').querySelector('[data-undo]');
  let counting = 0;
  function withdrawn() {
    clearInterval(counting);
    undo.hidden = true;
  }
  function offer(no, over, back) {
    const once = fresh();
    const show = () => {
      const left = Math.ceil((over - performance.now()) / 1000);
      if (left <= 0) { withdrawn(); return; }
      const cap = document.createElement('kbd');
      cap.textContent = undo.dataset.key;
      undo.replaceChildren(`撤销登记（${left} 秒） `, cap);
      undo.hidden = false;
    };
    undo.onclick = async () => {
      const answer = await call('POST', `/api/v1/tickets/${encodeURIComponent(no)}/undo`, {}, { 'Idempotency-Key': once });
      if (answer.status !== 200) { say(answer.body?.detail ?? '没有撤销成功。'); return; }
      withdrawn();
      part('said').hidden = true;
      // Another matter that was begun meanwhile is not written over.
      if (draftOf(form)) { say(`${no} 已撤销，不发任何通知；表中是后来填写的内容，没有改动。`); return; }
      back();
      say(`${no} 已撤销，不发任何通知；内容仍在表中，可改后重新登记。`);
      field('matter.content').focus();
    };
    clearInterval(counting);
    counting = setInterval(show, 1000);
    show();
  }

  form.addEventListener('answered', async event => {
    const taken = event.detail;
    const over = performance.now() + 1000 * (taken.undo_seconds ?? 0);
    const draft = draftOf(form);
    withdrawn();
    const typed = name => field(name)?.value.trim() ?? '';
    const where = [typed('place.estate-typed'), typed('place.building'), typed('place.address')].filter(Boolean).join(' ');
    const kept = Object.fromEntries(['caller.phone', 'caller.name', 'call.call_id', 'place.estate', 'place.estate-typed', 'place.building', 'place.address'].map(name => [name, typed(name)]));
    const [then, merged, text] = [finish.value, typed('into'), typed('finish.text')];
    const order = then ? orders[then](text) : null;
    const stamps = warned;
    // The next caller is another one: nothing of this one stays in the form.
    field('caller.phone').defaultValue = '';
    form.reset();
    const root = `/api/v1/tickets/${encodeURIComponent(taken.no)}`;
    const box = part('said');
    const left = box.querySelector('[data-left]');
    left.hidden = true;
    let done = true;
    if (order) {
      const answer = await call('POST', `${root}/${then}`, order, { 'Idempotency-Key': fresh() });
      done = answer.status === 200;
      if (!done) {
        const why = [answer.body?.detail ?? '没有成功。', ...(answer.body?.errors ?? []).map(it => it.detail)].join(' ');
        left.textContent = `已受理，但没有当场办结：${why} 请打开工单再办。${text ? `您写的是：${text}` : ''}`;
        left.hidden = false;
      }
    }
    if (stamps.length) await call('POST', `${root}/note`, { text: `通话中 ${stamps.join('、')} 提醒来电人文明用语，共 ${stamps.length} 次。` }, { 'Idempotency-Key': fresh() });
    box.querySelector('[data-say]').textContent = await readBack(taken, where, done ? then : '', merged);
    box.querySelector('[data-open]').href = `/tickets/${encodeURIComponent(taken.no)}`;
    box.hidden = false;
    // What was finished at once, or stands in another ticket, is not taken back.
    if (!then && !merged) {
      offer(taken.no, over, () => {
        form.reset();
        fillIn(form, draft);
        for (const [name, value] of Object.entries(kept)) if (field(name) && !field(name).value) field(name).value = value;
        for (const at of stamps) warn(at);
      });
    }
    box.querySelector('[data-again]').onclick = () => {
      for (const [name, value] of Object.entries(kept)) if (field(name)) field(name).value = value;
      who();
      field('matter.content').focus();
    };
    box.querySelector('[data-again]').focus();
  });
  // What was typed is gone by it, here and at the server: the first press only asks.
  let sure = 0;
  form.querySelector('button[type="reset"]').addEventListener('click', event => {
    if (performance.now() < sure) return;
    event.preventDefault();
    sure = performance.now() + 8000;
    say('再按一次清空。');
  });
  form.addEventListener('input', () => { sure = 0; });
  form.addEventListener('reset', () => {
    for (const name of ['slip', 'into', 'call.call_id']) if (field(name)) field(name).value = '';
    for (const name of ['vexatious', 'caller', 'places', 'categories', 'units', 'duplicates', 'incidents', 'articles']) fill(name, []);
    hear({ theirs: '', warned: '', found: '' });
    asked = '';
    sure = 0;
    warned = [];
    document.querySelector('[data-warned]').replaceChildren();
    merge('');
    setTimeout(minded);
  });

  // Who rings, as the telephone system told; the number itself is shown for a reason that is noted.
  const ringing = document.querySelector('[data-call-id]');
  if (ringing) {
    const address = `/api/v1/calls/${encodeURIComponent(ringing.dataset.callId)}`;
    const fillPhone = ringing.querySelector('[data-fill-phone]');
    call('GET', address).then(answer => {
      if (answer.status !== 200) return;
      const pop = answer.body;
      const known = pop.known ? `，来过电话${pop.name ? `（${pop.name}）` : ''}，近期 ${pop.lately} 件` : '，首次来电';
      ringing.querySelector('[data-pop]').textContent = `${pop.phone ?? '未显示号码'}${pop.phone ? known : ''}${pop.confidential ? '，上次要求保密' : ''}${pop.do_not_call ? '，请勿回拨' : ''}`;
      fillPhone.hidden = !pop.phone;
      theirs([...pop.open, ...pop.ended]);
    });
    fillPhone.addEventListener('click', async () => {
      const answer = await call('POST', `${address}/reveal`, { reason: '登记来电诉求' });
      if (answer.status !== 200 || !answer.body.phone) { say(answer.body?.detail ?? '没有号码。'); return; }
      field('caller.phone').value = answer.body.phone;
      field('caller.phone').dispatchEvent(new Event('input', { bubbles: true }));
      who();
    });
  }

  form.addEventListener('restored', () => { who(); later(); });
  if (field('caller.phone').value) who();
  if (field('matter.content').value) later();
})();
