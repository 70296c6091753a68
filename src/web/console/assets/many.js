// <input data-many="/api/v1/units" data-as="list">: several codes by a few letters each; Backspace in an empty field takes
// the last one away. data-codes are those to begin with, separated by commas, and data-called what they are called, by bars.
(() => {
  'use strict';
  const { call } = window.jiesu;

  function many(field) {
    const kept = document.createElement('input');
    kept.type = 'hidden';
    kept.name = field.name;
    kept.dataset.as = 'list';
    kept.value = field.dataset.codes ?? '';
    kept.dataset.kept = kept.value; // goes into drafts
    field.name = `${field.name}-typed`;
    field.removeAttribute('data-as');
    field.setAttribute('data-local', '');
    field.autocomplete = 'off';
    const list = document.createElement('ul');
    list.className = 'choices';
    list.id = `many-${Math.random().toString(36).slice(2)}`;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', '可选的有');
    list.hidden = true;
    field.setAttribute('role', 'combobox');
    field.setAttribute('aria-controls', list.id);
    field.setAttribute('aria-expanded', 'false');
    const tags = document.createElement('span');
    field.after(kept, tags, list);
    const called = (field.dataset.called ?? '').split('|');
    const codesOf = text => text.split(',').filter(Boolean);
    let taken = codesOf(kept.value).map((code, n) => ({ code, name: called[n] || code }));
    let wait = 0;
    let round = 0;
    const close = () => { list.hidden = true; field.setAttribute('aria-expanded', 'false'); field.removeAttribute('aria-activedescendant'); };
    const draw = () => {
      kept.value = taken.map(it => it.code).join(',');
      tags.replaceChildren(...taken.map(it => {
        const tag = document.createElement('span');
        tag.className = 'tag';
        tag.textContent = it.name;
        const away = document.createElement('button');
        away.type = 'button';
        away.textContent = '×';
        away.className = 'quiet';
        away.addEventListener('click', () => { taken = taken.filter(one => one !== it); show(); field.focus(); });
        away.setAttribute('aria-label', `去掉${it.name}`);
        tag.append(away);
        return tag;
      }));
    };
    const show = () => {
      draw();
      kept.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const take = item => {
      if (!taken.some(it => it.code === item.dataset.code)) taken.push({ code: item.dataset.code, name: item.dataset.name });
      field.value = '';
      close();
      show();
    };
    field.addEventListener('input', () => {
      clearTimeout(wait);
      wait = setTimeout(async () => {
        const text = field.value.trim();
        if (!text) { close(); return; }
        const mine = ++round;
        const answer = await call('GET', `${field.dataset.many}?q=${encodeURIComponent(text)}&limit=12`);
        if (mine !== round) return;
        list.replaceChildren(...(answer.body?.items ?? []).map((it, n) => {
          const item = document.createElement('li');
          item.textContent = it.path ?? it.name;
          item.setAttribute('role', 'option');
          item.id = `${list.id}-${n}`;
          item.dataset.code = it.code;
          item.dataset.name = it.name;
          item.setAttribute('aria-selected', String(n === 0));
          item.addEventListener('mousedown', event => { event.preventDefault(); take(item); });
          return item;
        }));
        if (!list.children.length) { close(); return; }
        list.hidden = false;
        field.setAttribute('aria-expanded', 'true');
        field.setAttribute('aria-activedescendant', list.firstElementChild.id); // what Enter would take is what is heard
      }, 120);
    });
    field.addEventListener('keydown', event => {
      if (event.key === 'Backspace' && !field.value && taken.length) { taken.pop(); show(); return; }
      if (list.hidden) return;
      const items = Array.from(list.children);
      const now = items.findIndex(item => item.getAttribute('aria-selected') === 'true');
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        const next = (now + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length;
        items[now]?.setAttribute('aria-selected', 'false');
        items[next].setAttribute('aria-selected', 'true');
        field.setAttribute('aria-activedescendant', items[next].id);
        items[next].scrollIntoView({ block: 'nearest' });
      } else if (event.key === 'Enter') { event.preventDefault(); if (items[now]) take(items[now]); } else if (event.key === 'Escape') { event.preventDefault(); close(); }
    });
    field.addEventListener('blur', close);
    field.form?.addEventListener('restored', async () => {
      const codes = codesOf(kept.value);
      if (codes.join(',') === taken.map(it => it.code).join(',')) return;
      const found = await Promise.all(codes.map(code => call('GET', `${field.dataset.many}/${encodeURIComponent(code)}`)));
      taken = codes.map((code, n) => ({ code, name: found[n].body?.name ?? code }));
      show();
    });
    draw();
  }
  for (const field of document.querySelectorAll('input[data-many]')) many(field);
})();
