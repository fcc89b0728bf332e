// Jobs of the asynchronous API: submitted once, waited for by long polls, through a full or restarting server.
export class Problem extends Error {
  constructor(status, detail) {
    super(detail)
    this.status = status
  }
}
export class Expired extends Error {}

const LONG_POLL_SECONDS = 10
const LONGEST_PAUSE_SECONDS = 10
const STORED_KEY = 'statline-key'

export class Service {
  constructor(base) {
    this.base = base
  }

  get key() {
    return sessionStorage.getItem(STORED_KEY)
  }

  set key(text) {
    sessionStorage.setItem(STORED_KEY, text)
  }

  forgetKey() {
    sessionStorage.removeItem(STORED_KEY)
  }

  fetch(path, options) {
    return this.fetchPage(this.base + path, options)
  }

  fetchPage(url, { headers, ...options } = {}) {
    const own = this.key ? { 'x-api-key': this.key } : {}
    return fetch(url, { ...options, headers: { Accept: 'application/json', ...headers, ...own } })
  }

  async json(path, options) {
    const response = await this.fetch(path, options)
    if (!response.ok) throw await problemOf(response)
    return response.json()
  }

  // Ask for a statistic and return {job, document}. `report` gets {kind, ...} while it waits.
  async ask(statistic, inputs, { signal, report = () => {} } = {}) {
    const key = crypto.randomUUID?.() ?? String(Math.random())
    const submit = () =>
      this.fetch(`/processes/${encodeURIComponent(statistic)}/execution`, {
        method: 'POST',
        signal,
        headers: { 'Content-Type': 'application/json', Prefer: 'respond-async', 'Idempotency-Key': key },
        body: JSON.stringify({ inputs }),
      })
    let job = await (await this.persist(submit, signal, report)).json()
    while (!isFinished(job)) {
      report({ kind: job.status, job })
      job = await this.poll(job.jobID, signal, report)
    }
    report({ kind: job.status, job })
    const document = await this.result(job.jobID, signal, report)
    return { job, statistic, inputs, document }
  }

  async poll(id, signal, report) {
    const headers = { Prefer: `wait=${LONG_POLL_SECONDS}` }
    return (await this.ofJob(`/jobs/${id}`, { signal, headers }, report)).json()
  }

  async result(id, signal, report) {
    return (await this.ofJob(`/jobs/${id}/results`, { signal }, report)).json()
  }

  async ofJob(path, options, report) {
    try {
      return await this.persist(() => this.fetch(path, options), options.signal, report)
    } catch (error) {
      throw error.status === 404 ? new Expired('The job has expired: its answer is no longer kept.') : error
    }
  }

  dismiss(id) {
    return this.fetch(`/jobs/${id}`, { method: 'DELETE' })
  }

  // Repeat a request while the service cannot be reached, or asks to come back later.
  async persist(request, signal, report) {
    for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_SECONDS)) {
      const response = await request().catch((error) => {
        if (signal?.aborted) throw error
      })
      if (response?.ok) return response
      if (response && ![429, 502, 503, 504].includes(response.status)) throw await problemOf(response)
      const seconds = Number(response?.headers.get('Retry-After')) || pause
      await countDown(seconds, signal, (left) => report({ kind: response ? 'busy' : 'unreachable', left }))
    }
  }
}

export const isFinished = (job) => ['successful', 'failed', 'dismissed'].includes(job.status)

export async function problemOf(response) {
  const text = await response.text()
  let detail = `The service answered ${response.status}.`
  try {
    const facts = JSON.parse(text)
    detail = facts.detail ?? facts.reason ?? facts.message ?? detail
  } catch {
    // Not of ours: a proxy's page, for example.
  }
  return new Problem(response.status, detail)
}

async function countDown(seconds, signal, report) {
  for (let left = Math.ceil(seconds); left > 0; left--) {
    report(left)
    await pause(1, signal)
  }
}

export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000)
    signal?.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), { once: true })
  })
}
