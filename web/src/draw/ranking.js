// The ranking: a table whose last column draws mark and interval. There is no second copy of its numbers.
import { between, number } from '../figures/words.js'
import { h, s } from './dom.js'
import { extent, ticks, warning } from './marks.js'

const STATUS = { suppressed: 'published without a value', absent: 'no data' }

export function drawRanking(figures, { decimals, chosen, same, hrefOf, caption, columns, sort = '', onSort }) {
  const ends = axisOf(figures)
  const place = (value) => `${(((value - ends[0]) / (ends.at(-1) - ends[0])) * 96 + 2).toFixed(2)}%`
  const line = figures.national?.status === 'value' ? place(figures.national.value) : null
  const options = { decimals, chosen, same, hrefOf, place, line, ranked: columns.rank }
  const head = h('tr', {},
    columns.rank && h('th', { scope: 'col' }, 'Rank', h('small', {}, columns.rank)),
    sortable('Area', 'area', { sort, onSort }),
    sortable(columns.value, 'value', { sort, onSort, class: 'number' }),
    h('th', { scope: 'col' }, columns.interval),
    columns.verdict && h('th', { scope: 'col' }, 'Verdict'),
    h('th', { scope: 'col', class: 'drawn' }, h('span', { class: 'hidden' }, 'Drawn'), axis(ends, place)))
  return h('table', { class: 'ranking' },
    h('caption', {}, caption),
    h('thead', {}, head),
    figures.national !== undefined && h('tbody', { class: 'national' }, nationalRow(figures.national, options, columns)),
    h('tbody', { class: 'rows' }, sorted(figures.rows, sort).map((row, index) => areaRow(row, index, options, columns))))
}

// A head cell that sorts: ascending, then descending, then as the statistic has it.
function sortable(label, name, { sort, onSort, ...attributes }) {
  const next = { [name]: `-${name}`, [`-${name}`]: '' }[sort] ?? name
  const order = { [name]: 'ascending', [`-${name}`]: 'descending' }[sort] ?? 'none'
  const button = h('button', { type: 'button', class: 'sort', 'data-focus': `sort ${name}`, onclick: () => onSort(next) }, label)
  return h('th', { scope: 'col', 'aria-sort': order, ...attributes }, button)
}

function sorted(rows, sort) {
  const direction = sort.startsWith('-') ? -1 : 1
  const name = sort.replace('-', '')
  if (name === 'area') return [...rows].sort((a, b) => direction * a.area.localeCompare(b.area, 'en'))
  if (name !== 'value') return rows
  const [valued, others] = [rows.filter((row) => row.status === 'value'), rows.filter((row) => row.status !== 'value')]
  return [...valued.sort((a, b) => direction * (a.value - b.value)), ...others]
}

export function axisOf(figures) {
  const rows = [...figures.rows, figures.national].filter((row) => row?.status === 'value')
  const [low, high] = extent(rows)
  return ticks(figures.diverging ? Math.min(low, 0) : low, figures.diverging ? Math.max(high, 0) : high)
}

function axis(ends, place) {
  const shown = [ends[0], ends.at(-1)]
  return s('svg', { width: '100%', height: 16, 'aria-hidden': true },
    shown.map((value, index) =>
      s('text', { x: place(value), y: 12, 'font-size': 11, fill: 'currentColor', 'text-anchor': index ? 'end' : 'start' }, String(value))))
}

function areaRow(row, index, options, columns) {
  const { chosen, same, hrefOf } = options
  const isChosen = row.area === chosen
  const classes = [isChosen && 'chosen', same?.has(row.area) && 'same', row.presentable === false && 'unreliable']
  const link = h('a', {
    href: hrefOf(row.area), 'data-choose': row.area, 'data-focus': `row ${row.area}`, dir: 'auto',
    tabindex: index ? -1 : 0, 'aria-current': isChosen && 'true',
  }, row.area)
  return h('tr', { 'data-area': row.area, class: classes.filter(Boolean).join(' ') || null },
    options.ranked && h('td', { class: 'rank' }, row.rank ? [row.rank, h('small', {}, row.ranks.join('–'))] : '–'),
    h('th', { scope: 'row' }, link, same?.has(row.area) && h('small', {}, ' ≈')),
    cells(row, options, columns))
}

function nationalRow(row, options, columns) {
  const figure = row ?? { area: 'National', status: 'absent' }
  return h('tr', {},
    options.ranked && h('td', { class: 'rank' }, '–'),
    h('th', { scope: 'row' }, figure.area),
    figure.status === 'value' ? cells(figure, options, columns) : gap(columns, 'not given'))
}

const gap = (columns, text) => h('td', { colspan: columns.verdict ? 4 : 3, class: 'gap' }, text)

function cells(row, { decimals, place, line }, columns) {
  if (row.status !== 'value') return gap(columns, STATUS[row.status])
  const interval = row.low === null ? 'none' : between(row.low, row.high, decimals)
  return [
    h('td', { class: 'number' }, number(row.value, decimals), row.presentable ? null : h('small', {}, 'not presentable')),
    h('td', { class: 'interval' }, interval),
    columns.verdict && h('td', {}, row.verdict),
    h('td', { class: 'drawn' }, s('svg', { width: '100%', height: 18, 'aria-hidden': true }, mark(row, place, line))),
  ]
}

function mark(row, place, line) {
  return [
    line && s('line', { class: 'reference', x1: line, x2: line, y1: 0, y2: 18, stroke: 'currentColor', 'stroke-dasharray': '2 2' }),
    row.low !== null && s('line', { x1: place(row.low), x2: place(row.high), y1: 9, y2: 9, stroke: 'currentColor', 'stroke-width': 1.5 }),
    row.presentable
      ? s('circle', { cx: place(row.value), cy: 9, r: 4, fill: 'currentColor' })
      : s('svg', { x: place(row.value), y: 0, overflow: 'visible' }, warning(0, 9)),
  ]
}

// Arrow keys, Home and End walk the rows: one of their links is in the order of the Tab key.
export function walkRows(table) {
  table.addEventListener('keydown', (event) => {
    const links = [...table.querySelectorAll('a[data-choose]')]
    const index = links.indexOf(event.target)
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: links.length - 1 }[event.key]
    if (index < 0 || next === undefined || !links[next]) return
    event.preventDefault()
    links[index].tabIndex = -1
    links[next].tabIndex = 0
    links[next].focus()
  })
}

// The ranking as one picture, for files.
export function rankingPicture(figures, { decimals, width, chosen }) {
  const ends = axisOf(figures)
  const [left, right, step] = [250, 190, 17]
  const x = (value) => left + ((value - ends[0]) / (ends.at(-1) - ends[0])) * (width - left - right)
  const rows = [...(figures.national?.status === 'value' ? [figures.national] : []), ...figures.rows]
  const height = 22 + rows.length * step
  const text = (attributes, content) => s('text', { 'font-size': 12, fill: 'currentColor', ...attributes }, content)
  const drawn = rows.map((row, index) => {
    const y = 30 + index * step
    const name = [...row.area].length > 34 ? `${[...row.area].slice(0, 33).join('')}…` : row.area
    const label = text({ x: left - 10, y: y + 4, 'text-anchor': 'end', 'font-weight': row.area === chosen ? 700 : 400 },
      row.rank ? `${row.rank} (${row.ranks.join('–')})  ${name}` : name)
    if (row.status !== 'value') return [label, text({ x: left, y: y + 4 }, STATUS[row.status])]
    const interval = row.low === null ? '' : ` (${between(row.low, row.high, decimals)})`
    const note = row.presentable ? '' : ' △'
    return [label,
      row.low !== null && s('line', { x1: x(row.low), x2: x(row.high), y1: y, y2: y, stroke: 'currentColor', 'stroke-width': 1.5 }),
      row.presentable ? s('circle', { cx: x(row.value), cy: y, r: 4, fill: 'currentColor' }) : warning(x(row.value), y),
      text({ x: width - right + 12, y: y + 4 }, `${number(row.value, decimals)}${interval}${note}`)]
  })
  const grid = ends.map((value) => [
    s('line', { x1: x(value), x2: x(value), y1: 18, y2: height, stroke: '#dddddd' }),
    text({ x: x(value), y: 12, 'text-anchor': 'middle', 'font-size': 11 }, String(value)),
  ])
  return { element: s('g', {}, grid, drawn.flat()), height: height + 8 }
}
