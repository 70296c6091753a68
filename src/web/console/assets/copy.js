// One field after the other into the clipboard. On a plain address browsers give no clipboard to scripts: there the
// text is selected and copied as by hand.
(() => {
  'use strict';
  const { say } = window.jiesu;
  const buttons = Array.from(document.querySelectorAll('[data-copy]'));
  let next = 0;
  function byHand(value) {
    const range = document.createRange();
    range.selectNodeContents(value);
    const chosen = getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
    return document.execCommand('copy');
  }
  async function copy(button) {
    const row = button.closest('tr');
    const value = row.querySelector('[data-value]');
    let done = false;
    try {
      if (navigator.clipboard) { await navigator.clipboard.writeText(value.textContent); done = true; }
    } catch { done = false; }
    done = done || byHand(value);
    for (const other of document.querySelectorAll('.copies tr[aria-selected]')) other.removeAttribute('aria-selected');
    row.setAttribute('aria-selected', 'true');
    row.scrollIntoView({ block: 'nearest' });
    const title = row.querySelector('th').textContent;
    say(done ? `已复制：${title}` : `请按 Ctrl+C 复制：${title}`);
    if (done) button.textContent = '已复制';
    next = (buttons.indexOf(button) + 1) % buttons.length;
  }
  for (const button of buttons) button.addEventListener('click', () => copy(button));
  document.querySelector('[data-copy-next]')?.addEventListener('click', () => { if (buttons.length) copy(buttons[next]); });
})();
