// A picture that stands alone: title, drawing, legend, and in it where its numbers come from and what they are not.
import { INK, PAPER } from '../figures/classes.js'
import { lines } from '../figures/words.js'
import { s } from './dom.js'
import { hatchings, swatch } from './marks.js'

const [WIDTH, MARGIN] = [1000, 24]
// Of a wide font: an SVG does not break lines by itself.
const [CHARACTERS, OF_TITLE] = [138, 84]
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif'

// `drawings` are {element, height} below each other; `facts` are the lines under them.
export function composePicture({ title, invented, drawings, legend, facts }) {
  const parts = []
  let y = MARGIN
  const write = (content, { size = 12, weight = 400, most = CHARACTERS } = {}) => {
    for (const line of lines(content, most)) {
      y += size * 1.4
      parts.push(s('text', { x: MARGIN, y, 'font-size': size, 'font-weight': weight, fill: INK }, line))
    }
  }
  if (invented) write('Invented data', { size: 20, weight: 700 })
  write(title, { size: 17, weight: 600, most: OF_TITLE })
  y += 14
  for (const { element, height } of drawings) {
    parts.push(s('g', { transform: `translate(${MARGIN} ${y})` }, element))
    y += height + 10
  }
  if (legend.length) y = drawLegend(legend, parts, y)
  y += 8
  for (const fact of facts) write(fact)
  y += MARGIN
  const root = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${Math.ceil(y)}`, width: WIDTH, height: Math.ceil(y) }
  return s('svg', { ...root, color: INK, 'font-family': FONT },
    s('title', {}, title), s('rect', { width: WIDTH, height: Math.ceil(y), fill: PAPER }), parts)
}

export const INNER_WIDTH = WIDTH - 2 * MARGIN

function drawLegend(legend, parts, top) {
  const hatching = hatchings()
  const columns = 3
  parts.push(hatching.defs)
  legend.forEach((entry, index) => {
    const x = MARGIN + (index % columns) * (INNER_WIDTH / columns)
    const y = top + Math.floor(index / columns) * 21
    const text = `${entry.text} (${entry.many})`
    parts.push(...swatch(entry, hatching, x, y), s('text', { x: x + 28, y: y + 12, 'font-size': 12, fill: INK }, text))
  })
  return top + Math.ceil(legend.length / columns) * 21
}

export const serialize = (svg) => `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`

// An element inside of another keeps its own viewBox as a nested svg.
export function nested(svg, width, height) {
  const copy = svg.cloneNode(true)
  for (const element of [copy, ...copy.querySelectorAll('[class], [data-area], [role]')])
    for (const name of ['class', 'data-area', 'role', 'aria-label', 'aria-hidden']) element.removeAttribute(name)
  copy.setAttribute('width', width)
  copy.setAttribute('height', height)
  return { element: copy, height }
}

const SCALE = 2

export async function png(svg) {
  const { width, height } = svg.viewBox.baseVal
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(serialize(svg))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * SCALE
  canvas.height = height * SCALE
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
}
