# Copyright The clerk-operator Authors
# SPDX-License-Identifier: Apache-2.0

# The image for those who have a builder; "make image" builds the same without one. VERSION and REVISION are what --version says:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=v0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" .

# An image with Go; the compiler runs on the builder's own platform.
ARG GO_IMAGE=golang:1.26
FROM --platform=${BUILDPLATFORM} ${GO_IMAGE} AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION
ARG REVISION
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN test -n "${VERSION}" && test -n "${REVISION}" || { echo 'give --build-arg VERSION=v0.1.0 --build-arg REVISION=commit' >&2; exit 1; }
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} GOAMD64=v1 GOARM64=v8.0 GOFLAGS= GOWORK=off GOEXPERIMENT= GOFIPS140=off \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X github.com/clerk-operator/clerk-operator/internal/version.version=${VERSION} -X github.com/clerk-operator/clerk-operator/internal/version.revision=${REVISION}" \
    -o /out/manager . && chmod 0555 /out/manager

FROM scratch
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="clerk-operator" \
      org.opencontainers.image.description="Kubernetes operator that keeps users of Clerk as ClerkUser objects declare them" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="https://github.com/clerk-operator/clerk-operator" \
      org.opencontainers.image.url="https://github.com/clerk-operator/clerk-operator" \
      org.opencontainers.image.documentation="https://github.com/clerk-operator/clerk-operator#readme" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The clerk-operator Authors"
COPY --from=build /out/manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
