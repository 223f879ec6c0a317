import type { NodeCall, NodeReply } from '../call.ts'
import type { SwitchedOff } from '../refusal.ts'
import {
  addDocuments,
  clearDocuments,
  deleteBatch,
  deleteByFilter,
  deleteDocument,
  fetchDocuments,
  getDocument,
  getDocuments,
  updateDocuments,
} from './document-routes.ts'
import { facetSearch } from './facet-search-routes.ts'
import {
  createIndex,
  deleteIndex,
  getIndex,
  getIndexStats,
  getStats,
  listIndexes,
  swapIndexes,
  updateIndex,
} from './index-routes.ts'
import { createKey, deleteKey, getKey, listKeys, updateKey } from './key-routes.ts'
import { multiSearch } from './multi-search-routes.ts'
import { searchByBody, searchByQuery } from './search-routes.ts'
import {
  getSetting,
  getSettings,
  resetSetting,
  resetSettings,
  SETTING_ROUTES,
  updateSetting,
  updateSettings,
} from './settings-routes.ts'
import {
  getFeatures,
  getHealth,
  getRoot,
  getVersion,
  lackingRoute,
  switchedOffRoute,
  updateFeatures,
} from './system-routes.ts'
import { cancelTasks, deleteTasks, getBatch, getTask, listBatches, listTasks } from './task-routes.ts'

type Handler = (call: NodeCall) => NodeReply

export interface Route {
  /** Segments; `*` is a parameter. */
  readonly path: readonly string[]
  /** Handler and needed action (null = open to all) by method. */
  readonly methods: Readonly<Record<string, readonly [action: string | null, handler: Handler]>>
}

const route = (path: string, methods: Route['methods']): Route => ({
  path: path.split('/').filter((part) => part !== ''),
  methods,
})

const settingRoutes = SETTING_ROUTES.map(({ name, path, verb }) =>
  route(`/indexes/*/settings/${path}`, {
    GET: ['settings.get', (call) => getSetting(call, name)],
    [verb]: ['settings.update', (call: NodeCall) => updateSetting(call, name)],
    DELETE: ['settings.update', (call) => resetSetting(call, name)],
  }),
)

const switchedOff = (action: string, doing: string, feature: SwitchedOff): readonly [string, Handler] => [
  action,
  switchedOffRoute(doing, feature),
]

const lacking = (action: string, feature: string): readonly [string, Handler] => [
  action,
  lackingRoute(feature),
]

export const ROUTES: readonly Route[] = [
  route('/', { GET: [null, getRoot] }),
  route('/health', { GET: [null, getHealth] }),
  route('/version', { GET: ['version', getVersion] }),
  route('/stats', { GET: ['stats.get', getStats] }),
  route('/experimental-features', {
    GET: ['experimental.get', getFeatures],
    PATCH: ['experimental.update', updateFeatures],
  }),
  route('/indexes', { GET: ['indexes.get', listIndexes], POST: ['indexes.create', createIndex] }),
  route('/indexes/*', {
    GET: ['indexes.get', getIndex],
    PATCH: ['indexes.update', updateIndex],
    DELETE: ['indexes.delete', deleteIndex],
  }),
  route('/indexes/*/stats', { GET: ['stats.get', getIndexStats] }),
  route('/indexes/*/documents', {
    GET: ['documents.get', getDocuments],
    POST: ['documents.add', addDocuments],
    PUT: ['documents.add', updateDocuments],
    DELETE: ['documents.delete', clearDocuments],
  }),
  route('/indexes/*/documents/fetch', { POST: ['documents.get', fetchDocuments] }),
  route('/indexes/*/documents/delete', { POST: ['documents.delete', deleteByFilter] }),
  route('/indexes/*/documents/delete-batch', { POST: ['documents.delete', deleteBatch] }),
  route('/indexes/*/documents/edit', {
    POST: switchedOff('documents.*', 'Using the documents edit route', 'edit documents by function'),
  }),
  route('/indexes/*/documents/*', {
    GET: ['documents.get', getDocument],
    DELETE: ['documents.delete', deleteDocument],
  }),
  route('/indexes/*/settings', {
    GET: ['settings.get', getSettings],
    PATCH: ['settings.update', updateSettings],
    DELETE: ['settings.update', resetSettings],
  }),
  ...settingRoutes,
  route('/indexes/*/search', { GET: ['search', searchByQuery], POST: ['search', searchByBody] }),
  route('/indexes/*/facet-search', { POST: ['search', facetSearch] }),
  route('/indexes/*/similar', {
    GET: lacking('search', 'Finding similar documents'),
    POST: lacking('search', 'Finding similar documents'),
  }),
  route('/indexes/*/fields', { POST: lacking('fields.post', 'Listing fields') }),
  route('/indexes/*/compact', { POST: lacking('indexes.compact', 'Compacting') }),
  route('/multi-search', { POST: ['search', multiSearch] }),
  route('/swap-indexes', { POST: ['indexes.swap', swapIndexes] }),
  route('/tasks', { GET: ['tasks.get', listTasks], DELETE: ['tasks.delete', deleteTasks] }),
  route('/tasks/cancel', { POST: ['tasks.cancel', cancelTasks] }),
  route('/tasks/*/documents', {
    GET: switchedOff('tasks.get', 'Getting the documents of an enqueued task', 'get task documents route'),
  }),
  route('/tasks/*', { GET: ['tasks.get', getTask] }),
  route('/batches', { GET: ['tasks.get', listBatches] }),
  route('/batches/*', { GET: ['tasks.get', getBatch] }),
  route('/keys', { GET: ['keys.get', listKeys], POST: ['keys.create', createKey] }),
  route('/keys/*', {
    GET: ['keys.get', getKey],
    PATCH: ['keys.update', updateKey],
    DELETE: ['keys.delete', deleteKey],
  }),
  route('/dumps', { POST: lacking('dumps.create', 'Making dumps') }),
  route('/snapshots', { POST: lacking('snapshots.create', 'Making snapshots') }),
  route('/export', { POST: lacking('export', 'Exporting') }),
  route('/network', {
    GET: switchedOff('network.get', 'Using the /network route', 'network'),
    PATCH: switchedOff('network.update', 'Using the /network route', 'network'),
  }),
  route('/webhooks', {
    GET: lacking('webhooks.get', 'Using webhooks'),
    POST: lacking('webhooks.create', 'Using webhooks'),
  }),
  route('/metrics', { GET: switchedOff('metrics.get', 'Getting metrics', 'metrics') }),
  route('/logs/stderr', {
    POST: switchedOff('metrics.get', 'Modifying logs through the `/logs/*` routes', 'logs route'),
  }),
  route('/chats', { GET: switchedOff('chats.get', 'listing the chats', 'chat completions') }),
]
