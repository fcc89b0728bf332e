// Small multiples: one panel for each area, all with the same axes.
import { between, number } from '../figures/words.js'
import { s } from './dom.js'
import { MUTED, extent, ticks, warning } from './marks.js'

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [230, 150, 34, 8, 26, 20]
const text = (attributes, content) => s('text', { 'font-size': 11, fill: 'currentColor', ...attributes }, content)
const [GROUPS_WIDTH, GROUPS_LEFT] = [310, 140]

// A line over the years with its intervals, and gaps where a year has no value.
export function trendPanels(series, national, years, decimals) {
  const ends = ticks(...extent([...series.values(), national ?? []].flat()))
  const x = (year) => LEFT + ((WIDTH - LEFT - RIGHT) * (year - years[0] + 0.5)) / (years.at(-1) - years[0] + 1)
  const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (value - ends[0])) / (ends.at(-1) - ends[0])
  return [...series].map(([area, figures]) => ({
    area,
    width: WIDTH,
    height: HEIGHT,
    label: `${area}. ${figures.map((one) => `${one.year}: ${spoken(one, decimals)}`).join('; ')}`,
    content: [
      frame(ends, y, area),
      [years[0], years.at(-1)].filter((year, index, all) => all.indexOf(year) === index).map((year) =>
        text({ x: x(year), y: HEIGHT - 5, 'text-anchor': 'middle' }, String(year))),
      national && s('path', { d: lineOf(national, x, y), fill: 'none', stroke: MUTED, 'stroke-dasharray': '3 2' }),
      s('path', { d: lineOf(figures, x, y), fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6 }),
      figures.filter((one) => one.status === 'value').map((one) => [
        interval(one, { x1: x(one.year), x2: x(one.year), y1: y(one.low), y2: y(one.high) }),
        one.presentable ? s('circle', { cx: x(one.year), cy: y(one.value), r: 2.2, fill: 'currentColor' }) : warning(x(one.year), y(one.value), 4),
      ]),
    ],
  }))
}

// Two years are joined where no year of the question is between them without a value.
function lineOf(figures, x, y) {
  let path = ''
  let drawing = false
  for (const one of figures) {
    if (one.status === 'value') path += `${drawing ? 'L' : 'M'}${x(one.year).toFixed(1)} ${y(one.value).toFixed(1)}`
    drawing = one.status === 'value'
  }
  return path
}

// A row for each group: its mark and interval.
export function groupPanels(byArea, strata, decimals) {
  const ends = ticks(...extent([...byArea.values()].flat()))
  const [width, left, step] = [GROUPS_WIDTH, GROUPS_LEFT, 18]
  const x = (value) => left + ((width - left - 14) * (value - ends[0])) / (ends.at(-1) - ends[0])
  const height = TOP + strata.length * step + BOTTOM
  const grid = () => ends.map((value, index) => [
    s('line', { x1: x(value), x2: x(value), y1: TOP - 2, y2: height - BOTTOM, stroke: MUTED, 'stroke-opacity': 0.35 }),
    (index === 0 || index === ends.length - 1) && text({ x: x(value), y: height - 6, 'text-anchor': 'middle' }, String(value)),
  ])
  const row = (name, index, one) => {
    const y = TOP + step * (index + 0.5)
    const label = text({ x: left - 8, y: y + 4, 'text-anchor': 'end' }, short(name, 24))
    if (one.status !== 'value') return [label, text({ x: left + 2, y: y + 4, 'font-style': 'italic' }, spoken(one))]
    return [label, interval(one, { x1: x(one.low), x2: x(one.high), y1: y, y2: y }),
      one.presentable ? s('circle', { cx: x(one.value), cy: y, r: 3.2, fill: 'currentColor' }) : warning(x(one.value), y, 4)]
  }
  return [...byArea].map(([area, figures]) => {
    const found = new Map(figures.map((one) => [one.stratum, one]))
    const of = (name) => found.get(name) ?? { status: 'absent' }
    return {
      area, width, height,
      label: `${area}. ${strata.map((name) => `${name}: ${spoken(of(name), decimals)}`).join('; ')}`,
      content: [heading(area), grid(), strata.map((name, index) => row(name, index, of(name)))],
    }
  })
}

function frame(ends, y, area) {
  return [
    heading(area),
    ends.map((value, index) => [
      s('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), stroke: MUTED, 'stroke-opacity': 0.35 }),
      (index === 0 || index === ends.length - 1) && text({ x: LEFT - 5, y: y(value) + 4, 'text-anchor': 'end' }, String(value)),
    ]),
  ]
}

function spoken(one, decimals) {
  if (!one || one.status === 'absent') return 'no data'
  if (one.status === 'suppressed') return 'published without a value'
  const interval = one.low === null ? '' : ` (${between(one.low, one.high, decimals)})`
  return `${number(one.value, decimals)}${interval}${one.presentable ? '' : ', not presentable'}`
}

const short = (name, most = 30) => ([...name].length > most ? `${[...name].slice(0, most - 1).join('')}…` : name)
const heading = (area) => text({ x: 4, y: 16, 'font-weight': 600, 'font-size': 13 }, short(area))
const interval = (one, ends) => one.low !== null && s('line', { ...ends, stroke: 'currentColor', 'stroke-width': 1.3 })

export const panelSvg = (panel) =>
  s('svg', { viewBox: `0 0 ${panel.width} ${panel.height}`, role: 'img', 'aria-label': panel.label, 'data-area': panel.area, class: 'panel' }, panel.content)

// All panels as one picture, for files.
export function panelsPicture(panels, width) {
  const own = panels[0]?.width ?? width
  const columns = Math.max(1, Math.floor(width / own))
  const step = (panels[0]?.height ?? 0) + 8
  const place = (index) => `translate(${(index % columns) * own} ${Math.floor(index / columns) * step})`
  const placed = panels.map((panel, index) => s('g', { transform: place(index) }, panel.content))
  return { element: s('g', {}, placed), height: Math.ceil(panels.length / columns) * step }
}
