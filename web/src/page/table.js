// The whole answer as a table: the rows of its CSV, sorted and filtered by the reader.
import { h, replace } from '../draw/dom.js'

const MOST_ROWS = 500

export function drawTable(rows, state, { onChange, caption }) {
  const [columns, ...body] = rows
  const [sorted, direction] = sortOf(state, columns)
  const found = body.filter((row) => matches(row, state.filter))
  if (sorted >= 0) found.sort((a, b) => direction * compare(a[sorted], b[sorted]))
  const numeric = columns.map((_, index) => body.every((row) => !row[index] || !Number.isNaN(Number(row[index]))))
  const said = h('p', { role: 'status' })
  const box = h('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': caption, 'data-focus': 'table' })
  const show = (most) => {
    const shown = found.slice(0, most)
    said.textContent = `${found.length} of ${body.length} rows${shown.length < found.length ? `, the first ${shown.length} shown` : ''}.`
    replace(box, h('table', { class: 'data' }, h('caption', {}, caption),
      h('thead', {}, h('tr', {}, columns.map((name, index) => headCell(name, index, { sorted, direction, numeric, onChange })))),
      h('tbody', {}, shown.map((row) => h('tr', {}, row.map((text, index) => h('td', { class: numeric[index] && 'number', dir: numeric[index] ? null : 'auto' }, text)))))),
      shown.length < found.length && h('button', { type: 'button', onclick: () => show(Infinity) }, 'Show all rows'))
  }
  show(MOST_ROWS)
  const input = h('input', { type: 'search', name: 'filter', value: state.filter ?? '', 'data-focus': 'filter' })
  input.addEventListener('change', () => onChange({ filter: input.value }))
  return [h('p', { class: 'filter' }, h('label', {}, 'Rows that have the text ', input)), said, box]
}

function headCell(name, index, { sorted, direction, numeric, onChange }) {
  const isSorted = index === sorted
  const next = isSorted && direction === 1 ? `-${name}` : name
  const button = h('button', { type: 'button', class: 'sort', 'data-focus': `sort ${name}`, onclick: () => onChange({ sort: next }) }, name)
  const order = isSorted ? (direction === 1 ? 'ascending' : 'descending') : 'none'
  return h('th', { scope: 'col', 'aria-sort': order, class: numeric[index] && 'number' }, button)
}

function sortOf({ sort = '' }, columns) {
  const descending = sort.startsWith('-')
  return [columns.indexOf(descending ? sort.slice(1) : sort), descending ? -1 : 1]
}

const matches = (row, filter) => !filter || row.some((text) => text.toLocaleLowerCase().includes(filter.toLocaleLowerCase()))

// Numbers before texts, and what is missing last in ascending order.
function compare(a, b) {
  if (a === '' || b === '') return (a === '') - (b === '')
  const [first, second] = [Number(a), Number(b)]
  if (!Number.isNaN(first) && !Number.isNaN(second)) return first - second
  return a.localeCompare(b, 'en', { numeric: true })
}
