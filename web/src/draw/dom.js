// Elements made of texts and attributes alone: no markup is parsed, so that no name can become an element.
const SVG = 'http://www.w3.org/2000/svg'

export const h = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children)
export const s = (tag, attributes, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children)

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

// Replace what is in an element; focus and opened details stay where equal elements stand.
export function replace(element, ...children) {
  const focused = element.contains(document.activeElement) && document.activeElement.dataset.focus
  const open = [...element.querySelectorAll('details[open]')].map((details) => details.id)
  element.replaceChildren(...children.flat(Infinity).filter(Boolean))
  for (const details of element.querySelectorAll('details')) details.open = open.includes(details.id)
  if (focused) element.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true })
}

export async function copy(text) {
  await navigator.clipboard.writeText(text)
}

// A button that copies a text and says so.
export function copyButton(label, text) {
  const said = h('span', { class: 'said', role: 'status' })
  const button = h('button', { type: 'button', 'data-focus': `copy ${label}` }, label)
  button.addEventListener('click', async () => {
    await copy(typeof text === 'function' ? text() : text).then(
      () => (said.textContent = 'copied'),
      () => (said.textContent = 'the browser does not let pages copy here'),
    )
    setTimeout(() => (said.textContent = ''), 4000)
  })
  return [button, said]
}

export function save(blob, name) {
  const url = URL.createObjectURL(blob)
  h('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
