// The tabs of the answer, and what each of them shows.
import { figureOfCell, counted } from '../figures/areas.js'
import { parseCsv } from '../figures/csv.js'
import { count, decimalsOf, withUnit } from '../figures/words.js'
import { h, s } from '../draw/dom.js'
import { drawMap } from '../draw/map.js'
import { hatchings, legendEntries, swatch } from '../draw/marks.js'
import { groupPanels, panelSvg, panelsPicture, trendPanels } from '../draw/panels.js'
import { INNER_WIDTH, composePicture, nested } from '../draw/picture.js'
import { drawRanking, rankingPicture, walkRows } from '../draw/ranking.js'
import { VIEWS, query } from '../service/state.js'
import { caveatList, citationOf, computedFrom, factsOf, snippetList, snippetsOf } from './about.js'
import { downloads } from './downloads.js'
import { highlight } from './highlight.js'
import { mapOf } from './shapes.js'
import { drawTable } from './table.js'

const FIRST_PANELS = 60
const MAP_HEIGHT = (INNER_WIDTH * 580) / 960

export async function drawView(found, page) {
  const view = { ...found, page, catalogue: page.catalogue, decimals: decimalsFor(found) }
  const { content, drawings, legend = [] } = await DRAWN[found.state.view](view)
  const shown = h('div', { id: 'picture', class: `view-${found.state.view}` }, content)
  highlight(shown, (area) => page.change({ state: area === found.state.state ? '' : area }))
  return [tabs(found.state), shown, caveatList(found.answer.document), below(view, drawings, legend)]
}

function tabs(state) {
  const link = ([view, name]) =>
    h('a', { href: `?${query({ ...state, view, sort: '', filter: '' })}`, 'aria-current': view === state.view ? 'page' : null, 'data-focus': `tab ${view}` }, name)
  return h('nav', { class: 'tabs', 'aria-label': 'Views of the answer' }, Object.entries(VIEWS).map(link))
}

const decimalsFor = ({ figures }) =>
  decimalsOf(figures.rows.filter((row) => row.status === 'value').flatMap((row) => [row.value, row.low ?? row.value, row.high ?? row.value]))

const DRAWN = {
  async map(view) {
    const { figures, state, catalogue, answer, decimals, page } = view
    const shapes = await mapOf(catalogue, page.service)
    const legend = legendEntries(figures, figures.scale, counted(figures.rows), decimals)
    const heading = captionOf(view)
    const options = { key: (area) => shapes.key(area), label: `Map: ${heading}. The ranking has the same values as text.`, decimals, chosen: state.state }
    const map = shapes.areas && drawMap(shapes, figures, options)
    const same = new Set(answer.document.not_separated ?? [])
    const columns = {
      rank: answer.statistic === 'ranking' && 'joint 95 % range',
      value: withUnit(NOUNS[figures.measure] ?? 'Value', ''),
      interval: '95 % interval',
      verdict: figures.rows.some((row) => row.verdict),
    }
    const hrefOf = (area) => `?${query({ ...state, state: area })}`
    const table = drawRanking(figures, { decimals, chosen: state.state, same, hrefOf, caption: heading, columns, sort: state.sort, onSort: (sort) => page.change({ sort }) })
    walkRows(table)
    return {
      content: [
        h('figure', { class: 'mapped' }, map ?? h('p', { class: 'reason' }, shapes.reason), drawLegend(legend, figures)),
        h('div', { class: 'ranked' }, notes(view, same), h('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Ranking', 'data-focus': 'ranking' }, table)),
      ],
      drawings: () => [
        ...(map ? [nested(map, INNER_WIDTH, MAP_HEIGHT)] : []),
        rankingPicture(figures, { decimals, width: INNER_WIDTH, chosen: state.state }),
      ],
      legend,
    }
  },

  async groups(view) {
    const { state, catalogue, figures, page, decimals, options } = view
    const divisions = catalogue.divisions
    if (!divisions.length) return { content: h('p', { class: 'reason' }, 'This data set has no groups.'), drawings: () => [] }
    const category = divisions.find((name) => catalogue.strata(name) === catalogue.strata(state.category) || name === state.category) ?? divisions[0]
    const rows = await page.questions.groups(state, category, figures.contextYear, options)
    const byArea = grouped(rows, view, (row) => ({ ...figureOfCell(row), stratum: row.stratum }))
    const panels = groupPanels(byArea, catalogue.strata(category), decimals)
    const legend = panelLegend(byArea)
    const link = (name) => h('a', { href: `?${query({ ...state, category: name, stratum: '' })}`, 'aria-current': name === category ? 'true' : null, 'data-focus': `group ${name}` }, name)
    const heading = `${category}, ${figures.contextYear ?? 'all years'}: the groups of each area, on one axis`
    return {
      content: [h('nav', { class: 'tabs', 'aria-label': 'Groups' }, divisions.map(link)), panelGrid(panels, heading, legend)],
      drawings: () => [panelsPicture(panels, INNER_WIDTH)],
      legend,
    }
  },

  async trend(view) {
    const { catalogue, context, decimals } = view
    const years = catalogue.question(view.state.question)?.years ?? [...new Set(context.map((row) => row.year))].filter(Boolean).sort()
    if (years.length < 2) return { content: h('p', { class: 'reason' }, 'The published figures are of one year only: there is no trend to draw.'), drawings: () => [] }
    const complete = (figures) => years.map((year) => figures.find((one) => one.year === year) ?? { year, status: 'absent' })
    const byArea = grouped(context, view, figureOfCell)
    const national = context.filter((row) => row.state === catalogue.national).map(figureOfCell)
    const series = new Map([...byArea].map(([area, figures]) => [area, complete(figures)]))
    const panels = trendPanels(series, national.length ? complete(national) : null, years, decimals)
    const heading = `${years[0]} to ${years.at(-1)}: each area with its intervals, on the same axes; ${catalogue.national} dashed where it is given`
    const legend = panelLegend(series)
    return { content: panelGrid(panels, heading, legend), drawings: () => [panelsPicture(panels, INNER_WIDTH)], legend }
  },

  async table(view) {
    const { answer, state, page, figures, decimals } = view
    const rows = await csvOf(answer, page.service)
    const caption = `${page.catalogue.statistic(answer.statistic).title}: all ${rows.length - 1} rows`
    return {
      content: drawTable(rows, state, { caption, onChange: (changes) => page.change(changes) }),
      drawings: () => [rankingPicture(figures, { decimals, width: INNER_WIDTH, chosen: state.state })],
    }
  },
}

const NOUNS = { value: 'Value', difference: 'Difference', 'change a year': 'Change a year', 'age-adjusted': 'Age-adjusted', 'mean of cells': 'Mean of cells' }

function captionOf({ figures, state, catalogue }) {
  const question = catalogue.question(state.question)?.question ?? state.question
  const group = state.stratum ?? (figures.mixesYears ? 'all rows' : 'whole population')
  return [question, NOUNS[figures.measure].toLowerCase(), group, figures.mixesYears ? state.years ?? 'all years' : figures.year].filter(Boolean).join('; ')
}

function notes({ figures, answer, state, isRanked, areas, catalogue }, same) {
  const said = []
  if (!isRanked) said.push(`${areas.toLocaleString('en')} areas are too many to rank: these are values and intervals without ranks.`)
  if (figures.published) said.push(`Map and table show the published figures${figures.year ? ` of ${figures.year}` : ''} around this answer.`)
  if (figures.measure === 'mean of cells' || catalogue.statistic(answer.statistic)?.is_mean) {
    said.push('Unweighted means of published cells are no prevalence, and have no interval.')
  }
  if (answer.document.not_separated) {
    const names = answer.document.not_separated
    said.push(names.length
      ? `${state.state} cannot be told apart from ${count(names.length, 'area')} (≈): ${names.join(', ')}.`
      : `${state.state} can be told apart from every other area.`)
  }
  return said.map((text) => h('p', { class: 'note', dir: 'auto' }, text))
}

function drawLegend(legend, figures) {
  const classes = figures.diverging ? 'Classes about 0, equally wide.' : 'Classes: quintiles over all years of this question and group.'
  return h('figcaption', { class: 'legend' }, h('ul', { class: 'legend-list' }, legend.map(legendItem)), h('small', {}, `${classes} In brackets, areas.`))
}

function legendItem(entry) {
  const own = hatchings()
  const drawn = entry.colour || entry.hatch || entry.mark
  const svg = drawn && s('svg', { width: 22, height: 14, 'aria-hidden': true }, entry.hatch && own.defs, swatch(entry, own))
  return h('li', {}, svg && h('span', { class: 'swatch' }, svg), `${entry.text} `, h('span', { class: 'count' }, `(${entry.many})`))
}

// Panels in the order of the ranking, the chosen area first.
function grouped(rows, { figures, state, catalogue }, figureOf) {
  const order = figures.rows.map((row) => row.area)
  const areas = [...new Set([...(state.state && order.includes(state.state) ? [state.state] : []), ...order])]
  const found = new Map(areas.map((area) => [area, []]))
  for (const row of rows) if (row.state !== catalogue.national) found.get(row.state)?.push(figureOf(row))
  return found
}

function panelGrid(panels, heading, legend) {
  const grid = h('div', { class: 'panels' }, panels.slice(0, FIRST_PANELS).map(panelSvg))
  const rest = panels.slice(FIRST_PANELS)
  const button = rest.length && h('button', { type: 'button' }, `Show ${count(rest.length, 'more area')}`)
  button && button.addEventListener('click', () => (grid.append(...rest.map(panelSvg)), button.remove()))
  return h('figure', {}, h('figcaption', {}, heading, h('ul', { class: 'legend-list' }, legend.map(legendItem))), grid, button)
}

// What panels show otherwise than as a mark with its interval, with the numbers of figures.
function panelLegend(byArea) {
  const counts = counted([...byArea.values()].flat())
  return [
    { mark: true, text: 'not presentable', many: counts.unreliable },
    { text: 'published without a value: a gap', many: counts.suppressed },
  ]
}

async function csvOf(answer, service) {
  const response = await service.fetch(`/jobs/${answer.job.jobID}/results`, { headers: { Accept: 'text/csv' } })
  return parseCsv(await response.text())
}

function below(view, drawings, legend) {
  const { answer, catalogue, page, context, figures, title } = view
  const address = location.href
  const link = new URL(`${page.service.base}/answers/${answer.statistic}.csv?${new URLSearchParams(answer.inputs)}`, location.href).href
  const service = new URL(page.service.base || '/', location.href).href.replace(/\/$/, '')
  const invented = answer.document.provenance?.synthetic ?? catalogue.synthetic
  const picture = () => composePicture({ title, invented, drawings: drawings(), legend, facts: factsOf(answer, catalogue, figures) })
  const citation = citationOf(answer, catalogue, address)
  return h('section', { class: 'below' },
    downloads({ answer, service: page.service, picture, citation, onError: (error) => page.progress.fail(error.message, []) }),
    computedFrom(answer, catalogue, context, page.service.base),
    snippetList(snippetsOf(answer, link, service, Boolean(page.facts.key))))
}
