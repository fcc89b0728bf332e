// Under the picture: caveats, how it was computed, how to cite it, and the same question in other tools.
import { copyButton, h } from '../draw/dom.js'
import { count } from '../figures/words.js'

export function caveatList(document) {
  const caveats = document?.caveats ?? []
  return caveats.length && h('aside', { class: 'caveats', 'aria-labelledby': 'caveats' },
    h('h2', { id: 'caveats' }, 'What these figures do not say'),
    h('ul', {}, caveats.map((one) => h('li', {}, one.text))))
}

// The facts that are written into pictures and print.
export function factsOf(answer, catalogue, figures) {
  const { document } = answer
  const origin = document.provenance ?? {}
  return [
    document.estimand ?? `${catalogue.question(answer.inputs.question)?.question ?? answer.inputs.question}; ${catalogue.statistic(answer.statistic)?.title}`,
    figures.year && `Year: ${figures.year}.`,
    `Source: ${origin.citation ?? catalogue.citation ?? catalogue.source ?? catalogue.title}`,
    `Data set ${(origin.dataset ?? catalogue.dataset ?? '').slice(0, 16)}${origin.replay ? `, replay ${origin.replay}` : ''}.`,
    ...(document.caveats ?? []).map((one) => `• ${one.text}`),
  ].filter(Boolean)
}

export function computedFrom(answer, catalogue, cells, base) {
  const { document, job, inputs } = answer
  const origin = document.provenance ?? {}
  const without = cells.filter((row) => row.suppressed).length
  const seconds = job?.finished && job?.created ? (new Date(job.finished) - new Date(job.created)) / 1000 : null
  const facts = {
    Definition: document.estimand ?? catalogue.statistic(answer.statistic)?.description,
    Statistic: catalogue.statistic(answer.statistic)?.title,
    Asked: Object.entries(inputs).map(([name, value]) => `${name}: ${value}`).join('; '),
    Method: document.method && Object.values(document.method).filter(Boolean).join(', '),
    'Published rows': cells.length ? `${count(cells.length, 'row')} of this question and group over all years, ${without} of them without a value` : null,
    Weights: inputs.weights ?? (answer.statistic === 'estimate' ? 'equal' : null),
    'Data set': `${origin.title ?? catalogue.title}${origin.release ? ` (${origin.release})` : ''}, ${origin.dataset ?? catalogue.dataset}`,
    Replay: origin.replay ?? job?.replay,
    Job: job && h('a', { href: `${base}/jobs/${job.jobID}` }, job.jobID),
    'Time from acceptance to answer': seconds === null ? null : `${seconds.toFixed(3)} s${job.reusedFrom ? `, from the answer of ${job.reusedFrom}` : ''}`,
  }
  return h('details', { id: 'computed' }, h('summary', {}, 'How was this computed?'),
    h('dl', {}, Object.entries(facts).filter(([, value]) => value).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])))
}

export function citationOf(answer, catalogue, address) {
  const origin = answer.document.provenance ?? {}
  const source = origin.citation ?? catalogue.citation ?? catalogue.source ?? catalogue.title
  const invented = (origin.synthetic ?? catalogue.synthetic) ? 'Invented data. ' : ''
  const data = `Data set ${(origin.dataset ?? catalogue.dataset ?? '').slice(0, 16)}`
  return `${invented}${source.replace(/\.?$/, '.')} Computed by Statline (${answer.statistic}; ${data}${origin.replay ? `, replay ${origin.replay}` : ''}). ${address}`
}

const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`

export function snippetsOf(answer, address, service, keyNeeded) {
  const body = JSON.stringify({ inputs: answer.inputs })
  const keyed = { curl: ' -H "x-api-key: $STATLINE_KEY"', python: ', key=os.environ["STATLINE_KEY"]', r: ', headers = c("x-api-key" = Sys.getenv("STATLINE_KEY"))' }
  const own = keyNeeded ? keyed : { curl: '', python: '', r: '' }
  const [, ...rest] = Object.entries(answer.inputs)
  const named = rest.map(([name, value]) => `, ${name}=${JSON.stringify(value)}`).join('')
  return {
    curl: `curl -H 'Content-Type: application/json'${own.curl} -d ${shell(body)} \\\n  ${shell(`${service}/processes/${answer.statistic}/execution`)}`,
    Python: `# curl -O ${service}/client/statline.py\nimport ${keyNeeded ? 'os, ' : ''}statline\n\ns = statline.connect(${JSON.stringify(service)}${own.python})\nanswer = s.ask(${JSON.stringify(answer.statistic)}, ${JSON.stringify(answer.inputs.question)}${named})\nprint(answer.to_frame())`,
    R: keyNeeded
      ? `file <- tempfile()\ndownload.file(${JSON.stringify(address)}, file${own.r})\nanswer <- read.csv(file)`
      : `answer <- read.csv(${JSON.stringify(address)})`,
    Spreadsheet: keyNeeded ? 'A spreadsheet cannot send the key: download the CSV instead.' : `=IMPORTDATA("${address.replaceAll('"', '""')}")`,
  }
}

export function snippetList(snippets) {
  return h('details', { id: 'snippets' }, h('summary', {}, 'The same in curl, Python, R, a spreadsheet'),
    Object.entries(snippets).map(([name, text]) => h('section', {}, h('h3', {}, name),
      h('pre', { tabindex: 0, 'aria-label': `${name} code` }, h('code', {}, text)), copyButton(`Copy ${name}`, text))))
}
