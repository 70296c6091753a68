// Missed calls and withdrawals: 1, 2, 3 do what stands in the row that is chosen, and in no other.
(() => {
  'use strict';
  const { chosenRow, notThere } = window.jiesu;
  const act = (row, n) => row?.querySelectorAll('[data-act]')[n];
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    if (event.target.matches?.('textarea, select, input') || !/^[1-9]$/.test(event.key)) return;
    const n = Number(event.key) - 1;
    if (!Array.from(document.querySelectorAll('[data-rows] > *')).some(row => act(row, n))) return;
    event.preventDefault();
    const button = act(chosenRow(), n);
    if (button) button.click(); else notThere();
  });
})();
