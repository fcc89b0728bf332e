// The list of jobs: states follow the service, new jobs wait until the reader wants them, several are dismissed at once.
import { h } from './draw/dom.js'
import { follow } from './page/refresh.js'
import { Service } from './service/api.js'

const service = new Service(document.body.dataset.base ?? '')
const table = document.querySelector('#jobs')
const rowsOf = (root) => new Map([...root.querySelectorAll('#jobs tr[data-job]')].map((row) => [row.dataset.job, row]))

if (table) start()

function start() {
  const said = h('p', { role: 'status', id: 'new-jobs' })
  const chosen = new Set()
  const dismiss = h('button', { type: 'button', disabled: true }, 'Dismiss the chosen jobs')
  const box = table.closest('.wide') ?? table
  box.before(said, h('p', { class: 'actions' }, dismiss))
  table.querySelector('thead tr').prepend(h('th', { scope: 'col' }, h('span', { class: 'hidden' }, 'Chosen')))
  const body = table.tBodies[0]
  let waiting = new Map()

  const withBox = (row) => {
    const box = h('input', { type: 'checkbox', 'aria-label': `Choose ${row.dataset.job}` })
    box.checked = chosen.has(row.dataset.job)
    box.addEventListener('change', () => {
      chosen[box.checked ? 'add' : 'delete'](row.dataset.job)
      count()
    })
    row.dataset.shown = row.innerHTML
    row.prepend(h('td', {}, box))
    return row
  }
  const count = () => {
    dismiss.disabled = !chosen.size
    dismiss.textContent = chosen.size > 1 ? `Dismiss the ${chosen.size} chosen jobs` : 'Dismiss the chosen jobs'
  }
  const showNew = () => {
    const most = Number(table.dataset.limit) || Infinity
    body.prepend(...[...waiting.values()].map((row) => withBox(document.adoptNode(row))))
    while (body.rows.length > most) {
      chosen.delete(body.rows[body.rows.length - 1].dataset.job)
      body.rows[body.rows.length - 1].remove()
    }
    waiting = new Map()
    said.replaceChildren()
    count()
  }
  const announce = () => {
    const text = `${waiting.size} new ${waiting.size === 1 ? 'job' : 'jobs'}: show`
    if (!waiting.size || said.textContent === text) return
    said.replaceChildren(h('button', { type: 'button', onclick: showNew }, text))
  }

  // Rows that a reader is using stay; those of jobs that are gone say so at the next look.
  const show = (page) => {
    const known = rowsOf(document)
    let isChanged = false
    const fresh = new Map()
    for (const [id, row] of rowsOf(page)) {
      const current = known.get(id)
      if (!current) fresh.set(id, row)
      else if (current.dataset.shown !== row.innerHTML && !current.contains(document.activeElement)) {
        current.replaceWith(withBox(document.adoptNode(row)))
        isChanged = true
      }
    }
    isChanged ||= fresh.size !== waiting.size
    waiting = isFirstPage() ? fresh : new Map()
    announce()
    return isChanged
  }

  dismiss.addEventListener('click', async () => {
    if (!confirm(`Dismiss ${chosen.size} ${chosen.size === 1 ? 'job' : 'jobs'}? Those that have ended are removed, their answers with them.`)) return
    dismiss.disabled = true
    const results = await Promise.all([...chosen].map((id) => service.dismiss(id).then((response) => [id, response.ok || response.status === 404], () => [id, false])))
    for (const [id, isGone] of results) if (isGone) chosen.delete(id)
    said.textContent = chosen.size ? `${chosen.size} could not be dismissed.` : ''
    if (!chosen.size) location.reload()
    count()
  })
  for (const row of body.rows) withBox(row)
  follow(show, { fetchPage: (url, options) => service.fetchPage(url, options) })
}

const isFirstPage = () => !new URLSearchParams(location.search).has('cursor')
