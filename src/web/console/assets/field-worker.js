// Keeps the field page and what it is made of, so that it opens without a signal; nothing else.
'use strict';
const KEPT = 'jiesu-field';
const HOURS = 72;
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
async function fresh(request) {
  const kept = await caches.open(KEPT);
  let answer;
  try {
    answer = await fetch(request);
  } catch (error) {
    const there = await kept.match(request);
    // Somebody's tasks are not kept for longer than what waits to be sent; files of ours hold nothing of anybody's.
    const isOld = there && !(Date.now() - Date.parse(there.headers.get('date') ?? '') < HOURS * 3600000);
    if (isOld && new URL(request.url).pathname === '/field') await kept.delete(request);
    else if (there) return there;
    throw error;
  }
  try {
    // A way to the login is no page to keep.
    if (answer.ok && !answer.redirected) await kept.put(request, answer.clone());
    // Whose login is over reads nothing here without a signal either.
    else if (answer.type === 'opaqueredirect' || answer.redirected || answer.status === 401 || answer.status === 403) await kept.delete(request);
  } catch { /* a phone without room keeps nothing new, and shows what came */ }
  return answer;
}
self.addEventListener('fetch', event => {
  const address = new URL(event.request.url);
  if (event.request.method !== 'GET' || address.origin !== self.location.origin) return;
  if (address.pathname === '/field' || address.pathname.startsWith('/assets/')) event.respondWith(fresh(event.request));
});
