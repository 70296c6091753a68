// <input data-many="/api/v1/units" data-as="list">: several codes by a few letters each; Backspace in an empty field takes
// the last one away. What is offered is as with data-choose. data-codes are those to begin with, separated by commas, and
// data-called what they are called, by bars.
(() => {
  'use strict';
  const { call, alsoOf, offered } = window.jiesu;

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
    const codesOf = text => text.split(/[,，]/).filter(Boolean);
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
    const add = it => {
      if (!taken.some(one => one.code === it.code)) taken.push(it);
      field.value = '';
      close();
      show();
    };
    const take = item => add({ code: item.dataset.code, name: item.dataset.name });
    // What another part of the page has found for it.
    field.addEventListener('take', event => add(event.detail));
    field.addEventListener('input', () => {
      clearTimeout(wait);
      wait = setTimeout(async () => {
        const text = field.value.trim();
        if (!text) { close(); return; }
        const mine = ++round;
        const found = await offered(field, field.dataset.many, text);
        if (mine !== round) return;
        list.replaceChildren(...found.map((it, n) => {
          const item = document.createElement('li');
          item.textContent = it.shown;
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
      const also = alsoOf(field);
      const root = field.dataset.many.split('?')[0];
      const named = async code => also.find(it => it.code === code) ?? (await call('GET', `${root}/${encodeURIComponent(code)}`)).body;
      const found = await Promise.all(codes.map(named));
      taken = codes.map((code, n) => ({ code, name: found[n]?.name ?? found[n]?.title ?? code }));
      show();
    });
    draw();
  }
  for (const field of document.querySelectorAll('input[data-many]')) many(field);
})();
