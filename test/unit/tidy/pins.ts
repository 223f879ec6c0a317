interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>>
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
