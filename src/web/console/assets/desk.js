// The agent's desk: who calls, and what may fit, while the agent types. Everything is asked of the interface.
(() => {
  'use strict';
  const form = document.getElementById('intake');
  if (!form) return;
  const { call, say, fresh, draftOf, fillIn } = window.jiesu;
  const part = name => document.querySelector(`[data-part="${name}"]`);
  const field = name => form.elements[name];
  const stateOf = { accepted: '已受理', consulting: '会商中', in_units: '办理中', replied: '已答复', on_ledger: '挂账', surveying: '回访中', closed: '已办结', declined: '不予受理', diverted: '已转紧急', merged: '已并单', withdrawn: '已撤单' };
  const live = ['accepted', 'consulting', 'in_units', 'replied', 'on_ledger', 'surveying'];

  function fill(name, rows) {
    const box = part(name);
    const list = box.querySelector('[data-list]');
    list.replaceChildren(...rows);
    box.hidden = rows.length === 0;
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

  // Their tickets, the open ones first.
  let asked = '';
  async function who() {
    const phone = field('caller.phone').value.trim();
    if (phone === asked || phone.length < 7) return;
    asked = phone;
    const answer = await call('POST', '/api/v1/tickets/find?limit=20', { caller_phone: phone });
    if (phone !== asked) return;
    const items = (answer.body?.items ?? []).sort((a, b) => live.includes(b.state) - live.includes(a.state));
    fill('caller', items.map(it => line([link(it.no, `${it.no} ${it.title}`), ` ${stateOf[it.state] ?? it.state}`])));
    later();
  }
  field('caller.phone').addEventListener('change', who);
  field('caller.phone').addEventListener('input', () => { if (field('caller.phone').value.trim().length >= 11) who(); });

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
    field('slip').value = found.slip ?? '';
    fill('categories', found.categories.slice(0, 5).map((it, n) => {
      const button = press(`${it.path?.length ? `${it.path.join(' / ')} / ` : ''}${it.name}`, () => choose(it));
      if (n < 5) { button.dataset.key = String(n + 1); button.dataset.keyName = `选用分类：${it.name}`; }
      return line([button, ` ${Math.round(it.score * 100)}% ${it.words?.length ? `因：${it.words.join('、')}` : ''}`]);
    }));
    fill('units', found.units.slice(0, 3).map(it => line([`${it.name}：${it.why}`])));
    fill('duplicates', found.duplicates.slice(0, 3).map(it => line([link(it.no, `${it.no} ${it.title}`), ` ${stateOf[it.state] ?? ''}`])));
    fill('incidents', found.incidents.slice(0, 3).map(it => line([it.no ? link(it.no, it.title) : it.title, it.tell ? `：${it.tell}` : ''])));
    fill('articles', found.articles.slice(0, 3).map(it => line([it.title, it.internal ? '（仅内部）' : ''])));
  }
  function choose(category) {
    field('matter.category').value = category.code;
    field('matter.category-typed').value = category.name;
    say(`分类：${category.name}`);
  }
  field('matter.content').addEventListener('input', later);
  form.addEventListener('chosen', later);
  field('place.address').addEventListener('change', later);

  // A slip is taken back before anybody was written to; what was typed stands in the form again.
  let counting = 0;
  function offer(taken, typed) {
    const undo = part('said').querySelector('[data-undo]');
    const over = Date.now() + 1000 * (taken.undo_seconds ?? 0);
    const once = fresh();
    const show = () => {
      const left = Math.ceil((over - Date.now()) / 1000);
      undo.hidden = left <= 0;
      const cap = document.createElement('kbd');
      cap.textContent = undo.dataset.key;
      undo.replaceChildren(`撤销登记（${left} 秒） `, cap);
      if (left <= 0) clearInterval(counting);
    };
    undo.onclick = async () => {
      const answer = await call('POST', `/api/v1/tickets/${encodeURIComponent(taken.no)}/undo`, {}, { 'Idempotency-Key': once });
      if (answer.status !== 200) { say(answer.body?.detail ?? '没有撤销成功。'); return; }
      clearInterval(counting);
      part('said').hidden = true;
      form.reset();
      fillIn(form, typed);
      say(`${taken.no} 已撤销，不发任何通知；内容仍在表中，可改后重新登记。`);
      field('matter.content').focus();
    };
    clearInterval(counting);
    counting = setInterval(show, 1000);
    show();
  }

  // Taken in: what to say aloud.
  form.addEventListener('answered', event => {
    const taken = event.detail;
    const due = taken.next_limit?.due_at;
    const day = due ? `${Number(due.slice(5, 7))}月${Number(due.slice(8, 10))}日${due.slice(11, 16)}前会有进展。` : '';
    const tail = taken.phone_tail ? `查询时再报${taken.phone_tail}。` : '';
    part('said').querySelector('[data-say]').textContent = `您反映的「${taken.title}」已受理，编号${taken.no}，查询码${taken.code}。${tail}${day}`;
    part('said').querySelector('[data-open]').href = `/tickets/${encodeURIComponent(taken.no)}`;
    part('said').hidden = false;
    const phone = field('caller.phone').value;
    const name = field('caller.name').value;
    offer(taken, draftOf(form));
    form.reset();
    for (const hidden of form.querySelectorAll('input[type="hidden"]')) if (!['channel', 'call.call_id'].includes(hidden.name)) hidden.value = '';
    part('said').querySelector('[data-again]').onclick = () => {
      field('caller.phone').value = phone;
      field('caller.name').value = name;
      field('matter.content').focus();
    };
    for (const name of ['categories', 'units', 'duplicates', 'incidents', 'articles']) fill(name, []);
    part('said').querySelector('[data-again]').focus();
  });

  // Who rings, as the telephone system told; the number itself is shown for a reason that is noted.
  const ringing = document.querySelector('[data-call-id]');
  if (ringing) {
    const address = `/api/v1/calls/${encodeURIComponent(ringing.dataset.callId)}`;
    const fillIn = ringing.querySelector('[data-fill-phone]');
    call('GET', address).then(answer => {
      if (answer.status !== 200) return;
      const pop = answer.body;
      const known = pop.known ? `，来过电话${pop.name ? `（${pop.name}）` : ''}，近期 ${pop.lately} 件` : '，首次来电';
      ringing.querySelector('[data-pop]').textContent = `${pop.phone ?? '未显示号码'}${pop.phone ? known : ''}${pop.confidential ? '，上次要求保密' : ''}${pop.do_not_call ? '，请勿回拨' : ''}`;
      fillIn.hidden = !pop.phone;
      fill('caller', [...pop.open, ...pop.ended].map(it => line([link(it.no, `${it.no} ${it.title}`), ` ${stateOf[it.state] ?? it.state}`])));
    });
    fillIn.addEventListener('click', async () => {
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
