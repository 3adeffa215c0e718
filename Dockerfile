# One image for both services: the command says which, apps/producer/src/main.ts or apps/consumer/src/main.ts.

FROM node:26-trixie-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY apps/broadcasts/package.json apps/broadcasts/
COPY apps/service/package.json apps/service/
COPY apps/producer/package.json apps/producer/
COPY apps/consumer/package.json apps/consumer/
COPY apps/standalone/package.json apps/standalone/

FROM manifests AS page
RUN npm ci
COPY apps/broadcasts apps/broadcasts
COPY apps/consumer apps/consumer
RUN node apps/consumer/src/http/page-build.main.ts /page

FROM manifests AS dependencies
# Optional are only the runtimes of other machines.
RUN npm ci --omit=dev --omit=optional

FROM gcr.io/distroless/nodejs26-debian13:nonroot
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
# Of a package that the others have in another version, a workspace has its own.
COPY --from=dependencies /app/apps apps
COPY apps apps
COPY --from=page /page page
ENV NODE_ENV=production HOST=0.0.0.0 PAGE_DIR=/app/page
# Its tag, as /version and the metrics tell it.
ARG REVISION
ENV REVISION=$REVISION
