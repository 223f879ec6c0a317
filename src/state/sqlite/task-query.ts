import type { Database } from 'better-sqlite3'
import type { TaskUid } from '../../model/ids.ts'
import type { TaskFilter, TaskPage } from '../../model/task.ts'

/** Where one way of finding tasks becomes cheaper than another; results are the same. */
export interface QueryBounds {
  /** Cells merged range by range; with more of them matches are dense, and walking the rows is cheaper. */
  readonly mergedCellsMax: number
  /** Matches that are collected and sorted; with more of them rows are walked in order of uid. */
  readonly sortedRowsMax: number
}

export const QUERY_BOUNDS: QueryBounds = { mergedCellsMax: 256, sortedRowsMax: 20_000 }

const ENDED = ['succeeded', 'failed', 'canceled'] as const

interface Cell {
  readonly id: number
  readonly count: number
}

interface Found {
  readonly uids: readonly TaskUid[]
  readonly total: number
}

/** Finds uids of tasks; see the schema for cells. */
export interface TaskQuery {
  page(filter: TaskFilter, page: TaskPage): Found
  /** At most `limit` finished tasks that ended before, the oldest first. */
  endedBefore(beforeMs: number, limit: number): readonly TaskUid[]
  /** At most `limit` finished tasks that match, with smaller uids. */
  finishedBelow(filter: TaskFilter, below: TaskUid, limit: number): readonly TaskUid[]
  counts(): Readonly<Record<string, number>>
  dropEmptyCells(): void
}

export function createTaskQuery(database: Database, bounds: QueryBounds): TaskQuery {
  const search = new TaskSearch(database, bounds)
  const counts = database.prepare<[], { status: string; count: number }>(
    'SELECT status, sum(count) AS count FROM task_cells GROUP BY status',
  )
  const ended = database
    .prepare<[number, number], number>(
      'SELECT uid FROM tasks WHERE finished_ms < ? AND +cell IN ' +
        "(SELECT id FROM task_cells WHERE status IN ('succeeded', 'failed', 'canceled')) " +
        'ORDER BY finished_ms, uid LIMIT ?',
    )
    .pluck()
  const dropEmpty = database.prepare('DELETE FROM task_cells WHERE count = 0')
  return {
    page: (filter, page) => search.page(filter, page),
    endedBefore: (beforeMs, limit) => ended.all(beforeMs, limit),
    finishedBelow(filter, below, limit) {
      const statuses = ENDED.filter((status) => filter.statuses?.includes(status) ?? true)
      if (below === 0) return []
      return search.page({ ...filter, statuses }, { from: below - 1, limit, reverse: false }).uids
    },
    counts() {
      const zero = { enqueued: 0, processing: 0, succeeded: 0, failed: 0, canceled: 0 }
      return counts.all().reduce((all, { status, count }) => Object.assign(all, { [status]: count }), zero)
    },
    dropEmptyCells: () => dropEmpty.run(),
  }
}

class TaskSearch {
  readonly #database: Database
  readonly #bounds: QueryBounds
  readonly #ranges

  constructor(database: Database, bounds: QueryBounds) {
    this.#database = database
    this.#bounds = bounds
    const range = (order: string) =>
      database
        .prepare<[number, number, number], number>(`SELECT uid FROM tasks WHERE cell = ? AND ${order}`)
        .pluck()
    this.#ranges = {
      down: range('uid <= ? ORDER BY uid DESC LIMIT ?'),
      up: range('uid >= ? ORDER BY uid LIMIT ?'),
    }
  }

  page(filter: TaskFilter, page: TaskPage): Found {
    const cells = this.#cells(filter)
    const inCells = cells.reduce((sum, { count }) => sum + count, 0)
    const rest = restOf(filter)
    if (inCells === 0) return { uids: [], total: 0 }
    if (rest.length > 0) return this.#filtered({ filter, cells, inCells, rest }, page)
    if (page.limit === 0) return { uids: [], total: inCells }
    const merged = usesCells(filter) && cells.length <= this.#bounds.mergedCellsMax
    return { uids: merged ? this.#merged(cells, page) : this.#walked(filter, cells, page), total: inCells }
  }

  #cells(filter: TaskFilter): readonly Cell[] {
    const terms = ['count > 0']
    const values: string[] = []
    const listed = { status: filter.statuses, type: filter.types, index_uid: filter.indexUids }
    for (const [column, wanted] of Object.entries(listed)) {
      if (wanted === undefined) continue
      terms.push(`${column} IN (SELECT value FROM json_each(?))`)
      // Tasks without an index are kept under '' and match no filter by index.
      values.push(JSON.stringify(wanted.filter((value) => value !== '')))
    }
    return this.#database
      .prepare<string[], Cell>(`SELECT id, count FROM task_cells WHERE ${terms.join(' AND ')}`)
      .all(...values)
  }

  #merged(cells: readonly Cell[], page: TaskPage): readonly TaskUid[] {
    const range = page.reverse ? this.#ranges.up : this.#ranges.down
    const from = page.from ?? (page.reverse ? 0 : Number.MAX_SAFE_INTEGER)
    const uids = cells.flatMap(({ id }) => range.all(id, from, page.limit))
    return uids.sort((a, b) => (page.reverse ? a - b : b - a)).slice(0, page.limit)
  }

  #walked(filter: TaskFilter, cells: readonly Cell[], page: TaskPage): readonly TaskUid[] {
    const terms = usesCells(filter) ? [cellTerm(cells, '+cell')] : []
    return this.#select(terms, page, 'uid')
  }

  /** Filters by uid, canceler or time: the narrowest index drives, the other columns only check. */
  #filtered(query: Filtered, page: TaskPage): Found {
    const { filter, cells, inCells, rest } = query
    const byCell = usesCells(filter) && inCells <= this.#bounds.sortedRowsMax && filter.uids === undefined
    const terms = byCell ? rest.map((term) => ({ ...term, column: `+${term.column}` })) : [...rest]
    if (usesCells(filter)) terms.push(cellTerm(cells, byCell ? 'cell' : '+cell'))
    const { sql, values } = whereOf(terms)
    const sums = this.#database
      .prepare<unknown[], { total: number; first: number; last: number }>(
        `SELECT count(*) AS total, min(uid) AS first, max(uid) AS last FROM tasks ${sql}`,
      )
      .get(...values)
    const total = sums?.total ?? 0
    if (sums === undefined || total === 0 || page.limit === 0) return { uids: [], total }
    // Times mostly ascend with uids, so the span of the matches keeps a walk short.
    const span = [
      { column: '+uid', sql: '>= ?', values: [sums.first] },
      { column: '+uid', sql: '<= ?', values: [sums.last] },
    ]
    if (total <= this.#bounds.sortedRowsMax)
      return { uids: this.#select([...terms, ...span], page, '+uid'), total }
    const walk = [...terms, ...span].map((term) => ({ ...term, column: term.column.replace(/^\+?/, '+') }))
    const bounds = span.map((term) => ({ ...term, column: 'uid' }))
    return { uids: this.#select([...walk, ...bounds], page, 'uid'), total }
  }

  #select(terms: readonly Term[], page: TaskPage, order: string): readonly TaskUid[] {
    const bound: Term[] =
      page.from === undefined
        ? []
        : [{ column: order, sql: page.reverse ? '>= ?' : '<= ?', values: [page.from] }]
    const { sql, values } = whereOf([...terms, ...bound])
    return this.#database
      .prepare<unknown[], number>(
        `SELECT uid FROM tasks ${sql} ORDER BY ${order} ${page.reverse ? '' : 'DESC'} LIMIT ?`,
      )
      .pluck()
      .all(...values, page.limit)
  }
}

interface Filtered {
  readonly filter: TaskFilter
  readonly cells: readonly Cell[]
  readonly inCells: number
  readonly rest: readonly Term[]
}

/** `{column} {sql}` with its values. A column written `+name` is checked but never looked up in an index. */
interface Term {
  readonly column: string
  readonly sql: string
  readonly values: readonly unknown[]
}

function usesCells(filter: TaskFilter): boolean {
  return filter.statuses !== undefined || filter.types !== undefined || filter.indexUids !== undefined
}

function cellTerm(cells: readonly Cell[], column: string): Term {
  return { column, ...inList(cells.map(({ id }) => id)) }
}

function inList(wanted: readonly number[]): Pick<Term, 'sql' | 'values'> {
  return { sql: 'IN (SELECT value FROM json_each(?))', values: [JSON.stringify(wanted)] }
}

/** The parts of a filter that cells do not answer. */
function restOf(filter: TaskFilter): readonly Term[] {
  const terms: Term[] = []
  if (filter.uids !== undefined) terms.push({ column: 'uid', ...inList(filter.uids) })
  if (filter.canceledBy !== undefined) terms.push({ column: 'canceled_by', ...inList(filter.canceledBy) })
  const bounds: readonly (readonly [column: string, operator: string, bound: number | undefined])[] = [
    ['enqueued_ms', '<', filter.beforeEnqueuedMs],
    ['enqueued_ms', '>', filter.afterEnqueuedMs],
    ['started_ms', '<', filter.beforeStartedMs],
    ['started_ms', '>', filter.afterStartedMs],
    ['finished_ms', '<', filter.beforeFinishedMs],
    ['finished_ms', '>', filter.afterFinishedMs],
  ]
  for (const [column, operator, bound] of bounds) {
    if (bound !== undefined) terms.push({ column, sql: `${operator} ?`, values: [bound] })
  }
  return terms
}

function whereOf(terms: readonly Term[]): { readonly sql: string; readonly values: readonly unknown[] } {
  if (terms.length === 0) return { sql: '', values: [] }
  return {
    sql: `WHERE ${terms.map(({ column, sql }) => `${column} ${sql}`).join(' AND ')}`,
    values: terms.flatMap(({ values }) => values),
  }
}
