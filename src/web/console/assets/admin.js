// Roles of a small site in one stroke. A year's days off as the notice has them, a stretch a line (元旦 2027-01-01 2027-01-03 休), become the days that the
// interface wants; what cannot be read is named by its line.
(() => {
  'use strict';
  const line = /^(\S+)\s+(\d{4}-\d{2}-\d{2})(?:\s+(\d{4}-\d{2}-\d{2}))?\s+(休|班)$/;

  function read(text) {
    const days = [];
    text.split('\n').forEach((typed, n) => {
      if (!typed.trim()) return;
      const parts = line.exec(typed.trim());
      const first = parts && Date.parse(`${parts[2]}T00:00:00Z`);
      const last = parts && Date.parse(`${parts[3] ?? parts[2]}T00:00:00Z`);
      if (!parts || Number.isNaN(first) || Number.isNaN(last) || last < first || last - first > 31 * 86400000) throw new Error(`第 ${n + 1} 行看不懂：节日 第一天 最后一天 休或班`);
      for (let at = first; at <= last; at += 86400000) days.push({ name: parts[1], date: new Date(at).toISOString().slice(0, 10), isOffDay: parts[4] === '休' });
    });
    return days;
  }

  for (const area of document.querySelectorAll('textarea[data-days]')) {
    const told = area.form.querySelector('[data-counted]');
    const days = area.form.elements[area.dataset.days];
    area.addEventListener('input', () => {
      try {
        const found = read(area.value);
        days.value = JSON.stringify(found);
        area.setCustomValidity('');
        const off = found.filter(day => day.isOffDay).length;
        told.textContent = `共 ${found.length} 天：放假 ${off} 天，调休上班 ${found.length - off} 天`;
      } catch (error) {
        days.value = '';
        area.setCustomValidity(error.message);
        told.textContent = error.message;
      }
    });
  }

  // A turn of duty without a shift is none: what else stands in its row goes.
  for (const box of document.querySelectorAll('.edit-turns select')) {
    box.addEventListener('change', () => { if (!box.value) for (const field of box.closest('tr').querySelectorAll('input')) field.value = ''; });
  }

  // A month of the duty roster: a file is read into the form, in whichever of both spellings spreadsheets write; what was
  // not put is listed under it.
  for (const form of document.querySelectorAll('form[data-sheet]')) {
    const file = form.querySelector('[data-read]');
    file?.addEventListener('change', async () => {
      const bytes = await file.files[0]?.arrayBuffer();
      if (!bytes) return;
      try { form.elements.text.value = new TextDecoder('utf-8', { fatal: true }).decode(bytes); } catch { form.elements.text.value = new TextDecoder('gb18030').decode(bytes); }
    });
    form.addEventListener('answered', event => {
      const { days, rejected } = event.detail;
      if (!rejected.length) { location.reload(); return; }
      const told = document.createElement('p');
      told.textContent = `已排 ${days} 天；以下 ${rejected.length} 行未排，改好后可再导入：`;
      const list = document.createElement('ul');
      for (const it of rejected) {
        const item = document.createElement('li');
        item.textContent = `第 ${it.line} 行（${it.cells.join(' ')}）：${it.reason}`;
        list.append(item);
      }
      form.querySelector('[data-rejected]').replaceChildren(told, list);
    });
  }

  // A sentence as people will read it, while it is typed: its places filled with the samples beside it.
  for (const area of document.querySelectorAll('textarea[data-sentence]')) {
    const shown = area.form.querySelector('[data-filled]');
    area.form.addEventListener('input', () => {
      let text = area.value;
      for (const field of area.form.querySelectorAll('[data-place]')) text = text.replaceAll(`{${field.dataset.place}}`, () => field.value);
      shown.textContent = text;
    });
  }

  // Roles that one person has at a small site, in one stroke.
  for (const button of document.querySelectorAll('[data-preset]')) {
    button.addEventListener('click', () => {
      const wanted = button.dataset.preset.split(' ');
      for (const box of button.form.querySelectorAll('input[name="roles"]')) box.checked = wanted.includes(box.value);
    });
  }
})();
