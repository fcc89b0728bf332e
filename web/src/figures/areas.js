// The figures of areas that an answer has, in one form for map, ranking and legend.
//
// A figure is {area, status, value, low, high, n, presentable, ...}; its status "value", "suppressed" (published
// without a value), or "absent" (nothing published).
const WITHOUT_ROWS = { measure: 'value', diverging: false }

const FORMS = {
  ranking: (document) => ({
    rows: document.ranking.map((row) => ({
      ...valued(row.state, row.estimate, row.interval, row.n, row.presentable),
      rank: row.rank,
      ranks: row.joint_range,
      plausible: row.plausibly_top,
      sure: row.surely_top,
    })),
  }),
  benchmark: (document, published) => ({
    measure: 'difference',
    rows: document.states.map((row) => ({
      ...valued(row.state, row.difference, row.interval, null, published.get(row.state)?.presentable),
      verdict: row.verdict,
    })),
  }),
  trend: (document, published) =>
    document.areas && {
      measure: 'change a year',
      rows: document.areas.map((row) => ({
        ...valued(row.state, row.slope, row.interval_scaled, null, published.get(row.state)?.presentable),
        verdict: row.verdict,
      })),
    },
  age_standardised: (document, published) =>
    document.areas && {
      measure: 'age-adjusted',
      rows: document.areas.map((row) =>
        valued(row.state, row.estimate, row.interval, null, published.get(row.state)?.presentable),
      ),
    },
  states_mean: means('mean of cells'),
  best5: means('mean of cells'),
  worst5: means('mean of cells'),
  diff_from_mean: means('difference'),
}
const DIVERGING = ['difference', 'change a year']

function means(measure) {
  return (document) => ({
    measure,
    mixesYears: true,
    rows: Object.entries(document).map(([area, value]) => valued(area, value, null, null, true)),
  })
}

function valued(area, value, interval, n, presentable) {
  const [low, high] = interval ?? [null, null]
  return { area, status: 'value', value, low, high, n: n ?? null, presentable: presentable !== false }
}

export function figureOfCell(row) {
  if (row.suppressed) return { area: row.state, status: 'suppressed', year: row.year }
  const figure = valued(row.state, row.value, row.low === null ? null : [row.low, row.high], row.n,
    row.reliability?.presentable ?? true)
  return { ...figure, year: row.year, reasons: row.reliability?.reasons ?? [] }
}

// `cells` are the published figures of the same population over the years.
export function figuresOf(answer, cells, catalogue, state) {
  const year = yearOf(answer, cells, state)
  const published = new Map(
    cells.filter((row) => row.year === year || year === null).map((row) => [row.state, figureOfCell(row)]),
  )
  const national = published.get(catalogue.national)
  published.delete(catalogue.national)
  const form = FORMS[answer.statistic]?.(answer.document, published)
  const found = form
    ? ofAnswer({ ...WITHOUT_ROWS, ...form }, answer.document)
    : { ...WITHOUT_ROWS, rows: ofCells(published, catalogue, answer.document), published: answer.statistic !== 'cells' }
  const diverging = DIVERGING.includes(found.measure)
  const isNation = (row) => row.area === catalogue.national
  const nation = found.measure === 'value' ? (national ?? null) : found.rows.find(isNation)
  const rows = found.rows.filter((row) => !isNation(row))
  return { ...found, rows, diverging, year: found.mixesYears ? null : year, contextYear: year, national: nation }
}

function ofAnswer(form, document) {
  const named = (names, status) => (names ?? []).map((area) => ({ area, status }))
  const suppressed = Array.isArray(document.suppressed) ? document.suppressed : []
  return {
    ...form,
    rows: [
      ...form.rows,
      ...named(suppressed, 'suppressed'),
      ...named([...(document.absent ?? []), ...(document.left_out ?? [])], 'absent'),
    ],
  }
}

// Every area, those without a published row as absent; the largest value first.
function ofCells(published, catalogue) {
  const rows = catalogue.places.map((area) => published.get(area) ?? { area, status: 'absent' })
  const order = { value: 0, suppressed: 1, absent: 2 }
  return rows.sort((a, b) => order[a.status] - order[b.status] || b.value - a.value || (a.area < b.area ? -1 : 1))
}

function yearOf(answer, cells, state) {
  if (answer.document?.year) return answer.document.year
  const years = [...new Set(cells.filter((row) => !row.suppressed && row.year).map((row) => row.year))].sort()
  if (/^\d{4}$/.test(state.years ?? '')) return Number(state.years)
  return years.at(-1) ?? cells.find((row) => row.year)?.year ?? null
}

export const counted = (rows) => ({
  suppressed: rows.filter((row) => row.status === 'suppressed').length,
  absent: rows.filter((row) => row.status === 'absent').length,
  unreliable: rows.filter((row) => row.status === 'value' && !row.presentable).length,
})
