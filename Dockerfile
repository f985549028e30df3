# syntax=docker/dockerfile:1
# docker buildx build --platform linux/amd64,linux/arm64 --build-arg COMMIT=$(git rev-parse HEAD) .

# The digest is that of the index of all platforms. Replace it with the tag: docker buildx imagetools inspect node:24-bookworm-slim
ARG NODE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

# The result is JavaScript only, so one build on the platform of the builder serves all platforms.
FROM --platform=$BUILDPLATFORM ${NODE} AS build
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
# The metric presence_build_info shows the commit.
ARG COMMIT=
RUN npm pkg set gitHead="$COMMIT"

FROM ${NODE}
# tini is process 1: it forwards signals, and reaps what a health check leaves behind.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*
# The server needs only Node.js. Package managers would only help an attacker.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* \
  /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/package.json ./
LABEL org.opencontainers.image.source="https://git.example.com/presence-service" \
  org.opencontainers.image.licenses="Apache-2.0"
# The user `node` as a number, because Kubernetes cannot check a name against runAsNonRoot.
USER 1000:1000
EXPOSE 50051 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT || 3000}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
