// Missed calls: 1, 2, 3 say what came of calling back, for the row that j and k have come to, else for the first one;
// withdrawals alike, for a row that was chosen only, since they end a ticket.
(() => {
  'use strict';
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.matches?.('textarea, select, input') || !/^[1-9]$/.test(event.key)) return;
    const row = document.querySelector('[data-at]') ?? document.querySelector('[data-rows]:not([data-chosen]) > tr');
    const button = row?.querySelectorAll('[data-act]')[Number(event.key) - 1];
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();
