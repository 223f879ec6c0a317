#!/usr/bin/env node
// @ts-check
// The command `miroir`, from a checkout: builds when sources have changed, then runs.
import { ensureBuilt } from './build.mjs'
import { becomeMain } from './run.mjs'

ensureBuilt()
becomeMain(process.argv.slice(2))
