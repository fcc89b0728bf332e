// A page that follows the service: its own address is asked again, with the tag of what is shown.
const SOONEST_MS = 2_000
const LATEST_MS = 30_000

// Calls `show` with the page as a document whenever it has changed; more and more seldom while it does not.
export function follow(show, { fetchPage = fetch, isNeeded = () => true } = {}) {
  let tag = null
  let pause = SOONEST_MS
  let timer
  const later = () => (clearTimeout(timer), (timer = setTimeout(round, pause)))
  async function round() {
    if (document.hidden || !isNeeded()) return
    pause = (await changed().catch(() => false)) ? SOONEST_MS : Math.min(LATEST_MS, 1.5 * pause)
    if (isNeeded()) later()
  }
  async function changed() {
    const headers = { Accept: 'text/html', ...(tag ? { 'If-None-Match': tag } : {}) }
    const response = await fetchPage(location.href, { headers, cache: 'no-store' })
    if (response.status === 304 || !response.ok) return false
    tag = response.headers.get('ETag')
    return show(new DOMParser().parseFromString(await response.text(), 'text/html'))
  }
  document.addEventListener('visibilitychange', () => {
    pause = SOONEST_MS
    if (document.hidden) clearTimeout(timer)
    else round()
  })
  later()
  return { soon: () => ((pause = SOONEST_MS), later()) }
}

// Take over a part of a page where it differs, and say whether it does.
export function takeOver(current, next) {
  if (!current || !next || current.outerHTML === next.outerHTML) return false
  current.replaceWith(document.adoptNode(next))
  return true
}
