// A map with a colour for each class; its values stand in the ranking, so a reader of the screen gets only its name.
import { INK, colourOf } from '../figures/classes.js'
import { number } from '../figures/words.js'
import { s } from './dom.js'
import { hatchings, warning } from './marks.js'

// `shapes` is {viewBox, areas, boxes, centres} by the names of `key`.
export function drawMap(shapes, figures, { key, label, decimals, chosen }) {
  const hatching = hatchings()
  const fill = (row) => (row.status === 'value' ? colourOf(row.value, figures.scale) : hatching[row.status])
  const parts = figures.rows.map((row) => ({ row, name: key(row.area), fill: fill(row) }))
  const described = (row) => s('title', {}, textOf(row, decimals))
  const outline = { stroke: INK, 'stroke-width': 0.9, 'stroke-linejoin': 'round' }
  const area = ({ row, name, fill }) =>
    shapes.areas[name] &&
    s('path', { class: 'area', 'data-area': row.area, d: shapes.areas[name], fill, ...outline }, described(row))
  const box = ({ row, name, fill }) => {
    const [x, y, width, height, ...line] = shapes.boxes?.[name] ?? []
    if (x === undefined) return null
    return s('g', { class: 'area', 'data-area': row.area },
      line.length && s('path', { d: `M${line[0]} ${line[1]}L${line[2]} ${line[3]}`, stroke: '#7a7a7a', 'stroke-width': 0.7 }),
      s('rect', { x, y, width, height, fill, ...outline }),
      s('text', { x: x + width + 4, y: y + height - 4, 'font-size': 13, fill: 'currentColor' }, name),
      described(row))
  }
  const marks = parts
    .filter(({ row }) => row.status === 'value' && !row.presentable)
    .map(({ name }) => at(shapes, name))
    .filter(Boolean)
    .map(([x, y]) => warning(x, y))
  return s('svg', { viewBox: shapes.viewBox.join(' '), role: 'img', 'aria-label': label, class: 'map', color: INK },
    hatching.defs,
    s('g', { 'aria-hidden': true }, parts.map(area), parts.map(box), marks, outlined(shapes, key, chosen)))
}

function at(shapes, name) {
  const box = shapes.boxes?.[name]
  return box ? [box[0] + box[2] / 2, box[1] + box[3] / 2] : shapes.centres?.[name]
}

// The chosen area, once more above its neighbours, whose borders would hide half of its own.
function outlined(shapes, key, chosen) {
  const d = chosen && shapes.areas[key(chosen)]
  if (!d) return null
  const line = { d, fill: 'none', 'pointer-events': 'none', 'stroke-linejoin': 'round' }
  return [s('path', { ...line, stroke: '#ffffff', 'stroke-width': 5 }), s('path', { ...line, stroke: INK, 'stroke-width': 2.6 })]
}

export function textOf(row, decimals) {
  if (row.status === 'suppressed') return `${row.area}: published without a value`
  if (row.status === 'absent') return `${row.area}: no data`
  const interval = row.low === null ? '' : ` (${number(row.low, decimals)} to ${number(row.high, decimals)})`
  return `${row.area}: ${number(row.value, decimals)}${interval}${row.presentable ? '' : ', not presentable'}`
}
