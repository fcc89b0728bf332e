// What is drawn alike everywhere: hatchings, the mark of a value that is not presentable, legends, axes.
import { INK, PAPER } from '../figures/classes.js'
import { number } from '../figures/words.js'
import { s } from './dom.js'

export const MUTED = '#8a8a8a'
let drawn = 0

// Two hatchings under names of their own: several pictures may stand in one page.
export function hatchings() {
  const id = `hatch${++drawn}`
  const pattern = (name, ...lines) =>
    s('pattern', { id: `${id}-${name}`, width: 7, height: 7, patternUnits: 'userSpaceOnUse' },
      s('rect', { width: 7, height: 7, fill: PAPER }), ...lines)
  const line = (d) => s('path', { d, stroke: '#555555', 'stroke-width': 1.3 })
  const defs = s('defs', {},
    pattern('absent', line('M0 7L7 0')),
    pattern('suppressed', line('M0 7L7 0M0 0L7 7')))
  return { defs, absent: `url(#${id}-absent)`, suppressed: `url(#${id}-suppressed)` }
}

// A triangle, for a value that fails the presentation standard.
export const warning = (x, y, size = 5) =>
  s('path', {
    d: `M${x} ${y - size}L${x + size} ${y + size * 0.8}L${x - size} ${y + size * 0.8}Z`,
    fill: PAPER, stroke: INK, 'stroke-width': 1.5,
  })

// [swatch, text, count] for each class, hatching and mark that the picture has.
export function legendEntries(figures, scale, counts, decimals) {
  const classes = scale.colours.map((colour, index) => ({
    colour,
    text: classText(scale, index, decimals),
    many: figures.rows.filter((row) => row.status === 'value' && scale.of(row.value) === index).length,
  }))
  return [
    ...classes,
    { hatch: 'suppressed', text: 'published without a value', many: counts.suppressed },
    { hatch: 'absent', text: 'no data', many: counts.absent },
    { mark: true, text: 'not presentable', many: counts.unreliable },
  ]
}

function classText({ cuts, low, high }, index, decimals) {
  const shown = (value) => number(value, decimals)
  if (low === undefined || !Number.isFinite(low)) return 'no value'
  if (!cuts.length) return low === high ? shown(low) : `${shown(low)} to ${shown(high)}`
  if (index === 0) return `up to ${shown(cuts[0])}`
  if (index === cuts.length) return `over ${shown(cuts.at(-1))}`
  return `over ${shown(cuts[index - 1])} to ${shown(cuts[index])}`
}

export function swatch(entry, hatching, x = 0, y = 0) {
  if (entry.mark) return [warning(x + 11, y + 7)]
  const fill = entry.hatch ? hatching[entry.hatch] : entry.colour
  return fill ? [s('rect', { x: x + 0.5, y: y + 0.5, width: 21, height: 13, fill, stroke: INK })] : []
}

// Round numbers that span the values, five steps or so.
export function ticks(low, high) {
  const span = high - low || Math.abs(high) || 1
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => span / one <= 5)
  const first = Math.floor(low / step)
  const many = Math.max(1, Math.ceil(high / step - 1e-9) - first)
  return Array.from({ length: many + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

export function extent(figures) {
  const all = figures.flatMap((one) => [one.value, one.low, one.high]).filter((value) => Number.isFinite(value))
  return all.length ? [Math.min(...all), Math.max(...all)] : [0, 1]
}
