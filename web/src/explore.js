// The Explore page: asks by the asynchronous API, draws the answer, keeps its state in the address.
import { replace } from './draw/dom.js'
import { drawView } from './page/view.js'
import { Form } from './page/form.js'
import { askForKey } from './page/key.js'
import { Progress, closestNames } from './page/progress.js'
import { Expired, Problem, Service } from './service/api.js'
import { Catalogue } from './service/catalogue.js'
import { Questions } from './service/questions.js'
import { DEFAULTS, parse, query } from './service/state.js'

class Explore {
  constructor(facts, service) {
    Object.assign(this, { facts, service })
    this.catalogue = new Catalogue(facts)
    this.questions = new Questions(this.catalogue, service, facts.answer)
    this.title = document.querySelector('#title') ?? document.querySelector('h1')
    this.answer = document.querySelector('#answer')
    this.subject = document.querySelector('.subject')
    this.progress = new Progress(document.querySelector('#status'))
    this.form = new Form(document.querySelector('#ask'), this.catalogue, (values, isAsked) => this.asked({ ...this.kept(), ...values }, isAsked))
    addEventListener('popstate', () => this.load())
  }

  // View, order and filter stay when the question changes.
  kept() {
    const { view, sort, filter } = this.state
    return { view, sort, filter }
  }

  // A select reports a choice once more when it loses the focus: only another one is asked for.
  asked(state, isAsked) {
    if (isAsked || query(this.questions.completed(parse(query(state)))) !== query(this.state)) this.go(state)
  }

  go(state, how = 'pushState') {
    const text = query(state)
    history[how](null, '', text ? `?${text}` : location.pathname)
    return this.load()
  }

  change(changes) {
    return this.go({ ...this.state, ...changes })
  }

  async load() {
    this.controller?.abort()
    const controller = (this.controller = new AbortController())
    this.state = this.questions.completed(parse(location.search))
    this.form.show(this.state)
    const start = performance.now()
    this.progress.begin(() => this.cancel())
    document.body.setAttribute('aria-busy', 'true')
    try {
      const found = await this.questions.ask(this.state, {
        signal: controller.signal,
        report: (progress) => this.report(progress, controller),
      })
      if (controller.signal.aborted) return
      await this.draw(found)
      if (controller.signal.aborted) return
      this.progress.done((performance.now() - start) / 1000)
      document.body.dataset.state = 'drawn'
    } catch (error) {
      if (controller.signal.aborted) return
      this.fail(error)
    } finally {
      if (controller === this.controller) document.body.removeAttribute('aria-busy')
    }
  }

  report(progress, controller) {
    if (controller !== this.controller) return
    if (progress.job) this.job = progress.job
    this.progress.report(progress)
  }

  async draw(found) {
    const drawn = await drawView(found, this)
    const heading = found.title
    if (this.title.textContent !== heading) this.title.textContent = heading
    document.title = `${heading.slice(0, 150)} – Statline`
    this.subject.textContent = found.answer.document.estimand ?? ''
    replace(this.answer, ...drawn)
  }

  async cancel() {
    const { job } = this
    this.controller.abort()
    document.body.removeAttribute('aria-busy')
    if (job) await this.service.dismiss(job.jobID).catch(() => null)
    this.progress.fail('Cancelled.', [['Ask again', () => this.load()]])
  }

  fail(error) {
    document.body.dataset.state = 'failed'
    const again = ['Ask again', () => this.load()]
    if (error instanceof Problem && [401, 403].includes(error.status) && this.facts.key) {
      this.service.forgetKey()
      return location.reload()
    }
    if (error instanceof Expired) return this.progress.fail(`${error.message} Ask again for it.`, [again])
    const names = error instanceof Problem ? closestNames(error.message) : []
    this.progress.fail(error.message, [...names.map((name) => [name, () => this.replaceName(name)]), again])
    replace(this.answer)
    this.title.textContent = 'No answer'
    if (!(error instanceof Problem)) console.error(error)
  }

  // The input that a suggested name is for is the one of its kind.
  replaceName(name) {
    const { catalogue } = this
    if (catalogue.question(name)) return this.change({ question: name })
    if (catalogue.states.some((one) => one.name === name)) return this.change({ state: name })
    if (catalogue.strata(name).length) return this.change({ category: name, stratum: '' })
    return this.change({ stratum: name, category: catalogue.categoryOf(name) })
  }
}

async function start() {
  const facts = JSON.parse(document.querySelector('#statline-data').textContent)
  const service = new Service(facts.base ?? '')
  const known = facts.catalogue ? facts : { ...(await askForKey(service)), key: true }
  // Data without limits have no ranking: the service names what they begin with.
  DEFAULTS.statistic = known.statistic ?? DEFAULTS.statistic
  const page = new Explore({ ...known, base: service.base }, service)
  await page.load()
}

start()
