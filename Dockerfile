# Native modules need glibc: Debian, not Alpine.
FROM node:20-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Packages first: better-sqlite3 is compiled here, and only again when the lock changes.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json asconfig.json ./
COPY scripts scripts
COPY assembly assembly
COPY src src
RUN node scripts/build.mjs \
  && npm prune --omit=dev --no-audit --no-fund \
  && node scripts/strip-modules.mjs

FROM node:20-slim
ENV NODE_ENV=production \
  MIROIR_SERVER__BIND=0.0.0.0 \
  MIROIR_METRICS__BIND=0.0.0.0 \
  MIROIR_TASK_STORE__PATH=/data/miroir.db
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 7700 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MIROIR_SERVER__PORT ?? 7700}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "/app/dist/main.js"]
CMD ["serve"]
