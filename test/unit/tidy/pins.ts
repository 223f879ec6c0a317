interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

interface LockedPackage extends Manifest {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly resolved?: string
  readonly link?: boolean
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** Versions are exact, so that two clones of one commit run the same code. */
export function loosePins(manifest: Manifest): string[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, version]) => !/^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+([-+][\w.-]+)?$/.test(version))
    .map(([name, version]) => `package.json: ${name}: ${version} is a range; write one exact version`)
}

/** The lock file names no download address: everybody uses the registry that their npm is set up for. */
export function lockedAddresses({ packages }: Lock): string[] {
  return Object.entries(packages)
    .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    .map(([path]) => `package-lock.json: ${path}: has an address; run npm install --package-lock-only`)
}

/**
 * A lock that was made where not every platform's packages could be seen lacks them, and `npm ci` refuses it.
 */
export function lockGaps({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !isLocked(packages, path, name))
      .map(
        (name) => `package-lock.json: ${path}: its dependency ${name} has no entry, so \`npm ci\` will fail`,
      ),
  )
}

/** Looks as Node does: in the package's own folder first, then in every folder above. */
function isLocked(packages: Lock['packages'], path: string, name: string): boolean {
  const folder = path === '' ? '' : `${path}/`
  if (packages[`${folder}node_modules/${name}`] !== undefined) return true
  if (path === '') return false
  const above = path.lastIndexOf('/node_modules/')
  return isLocked(packages, above < 0 ? '' : path.slice(0, above), name)
}
