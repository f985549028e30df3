# syntax=docker/dockerfile:1
FROM node:24-slim AS build
WORKDIR /app
# .npmrc prevents install scripts of dependencies.
COPY .npmrc package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY client client
COPY dashboard dashboard
# Without the command line, whose packages are the optional dependencies.
RUN npm run build:server && npm prune --omit=dev --omit=optional

FROM node:24-slim
# The server needs only Node.js. Package managers would only help an attacker.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* \
  /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
# The user `node` as a number, because Kubernetes cannot check a name against runAsNonRoot.
USER 1000:1000
EXPOSE 50051 3000
# No init process: the server starts no processes, and handles signals as process 1.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT || 3000}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
