// Files of the answer and its picture, the link to the page, and the citation.
import { copyButton, h, save } from '../draw/dom.js'
import { png, serialize } from '../draw/picture.js'

// `picture` makes the SVG when it is asked for.
export function downloads({ answer, service, picture, citation, onError }) {
  const name = `statline-${answer.statistic}-${answer.inputs.question}`.replace(/[^\w-]+/g, '_').slice(0, 80)
  const file = (extension) => {
    const path = `/answers/${answer.statistic}.${extension}?${new URLSearchParams(answer.inputs)}`
    const link = h('a', { href: service.base + path, download: `${name}.${extension}`, 'data-focus': extension }, extension.toUpperCase())
    link.addEventListener('click', (event) => {
      if (!service.key) return
      event.preventDefault()
      fetched(service, path, extension).then((blob) => save(blob, link.download), onError)
    })
    return link
  }
  const drawn = (label, make) => {
    const button = h('button', { type: 'button', 'data-focus': label }, label)
    button.addEventListener('click', () => make().then((blob) => save(blob, `${name}.${label.toLowerCase()}`), onError))
    return button
  }
  return h('section', { class: 'downloads', 'aria-label': 'Downloads and links' },
    file('csv'), file('json'),
    drawn('SVG', async () => new Blob([serialize(picture())], { type: 'image/svg+xml' })),
    drawn('PNG', () => png(picture())),
    h('button', { type: 'button', onclick: () => print() }, 'Print'),
    copyButton('Copy link', () => location.href),
    copyButton('Copy citation', citation),
    h('p', { class: 'citation' }, citation))
}

async function fetched(service, path, extension) {
  const accept = { csv: 'text/csv', json: 'application/json' }[extension]
  const response = await service.fetch(path, { headers: { Accept: accept } })
  if (!response.ok) throw new Error(`The service answered ${response.status}.`)
  return response.blob()
}
