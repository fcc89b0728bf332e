// Every page but Explore: parts that follow the service, copy buttons, dismissal and running again.
import { copyButton, h } from './draw/dom.js'
import { follow, takeOver } from './page/refresh.js'
import { Service, problemOf } from './service/api.js'

const service = new Service(document.body.dataset.base ?? '')

// [data-follow] is asked for again until it says "no".
const parts = () => [...document.querySelectorAll('[data-follow][id]')]
const isNeeded = () => parts().some((part) => part.dataset.follow !== 'no')
if (isNeeded()) {
  const show = (page) => parts().map((part) => takeOver(part, page.getElementById(part.id))).some(Boolean)
  follow(show, { isNeeded })
}

for (const element of document.querySelectorAll('[data-copy]'))
  element.append(...copyButton(element.dataset.label ?? 'Copy', element.dataset.copy))

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-dismiss], [data-run]')
  if (!button) return
  event.preventDefault()
  const said = button.parentElement.querySelector('[role=status]') ?? button.parentElement.appendChild(h('span', { role: 'status' }))
  const act = button.dataset.dismiss ? dismissed(button) : ran(button)
  await act.catch((error) => (said.textContent = error.message))
})

async function dismissed(button) {
  if (!confirm(`Dismiss ${button.dataset.dismiss}? A job that has ended is removed, its answer with it.`)) return
  const response = await service.dismiss(button.dataset.dismiss)
  if (!response.ok) throw await problemOf(response)
  location.reload()
}

// The same question once more, as a new job.
async function ran(button) {
  const response = await service.fetch(`/processes/${button.dataset.run}/execution`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Prefer: 'respond-async' },
    body: JSON.stringify({ inputs: JSON.parse(button.dataset.inputs) }),
  })
  if (!response.ok) throw await problemOf(response)
  location.assign(`${service.base}/jobs/${(await response.json()).jobID}`)
}
