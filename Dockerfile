# Two images with the static program of a release, which is put together beforehand (`.ci/image`):
#
#   ci       a job's image: a shell, and git for `--base`; the default
#   program  the program alone, to run by itself: `docker run --rm -v "$PWD:/work:ro" IMAGE check tfplan`
#
# The build context has PROGRAM-amd64 and PROGRAM-arm64 as plangate-amd64 and plangate-arm64, and the licences.
ARG BASE=debian:stable-slim

FROM scratch AS program
ARG TARGETARCH
COPY --chmod=755 plangate-${TARGETARCH} /usr/bin/plangate
COPY LICENSE-MIT LICENSE-APACHE THIRD-PARTY.txt /usr/share/doc/plangate/
# Nobody's number; there is no /etc/passwd.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/bin/plangate"]

# No entry point: CI systems start a shell in the image of a job.
FROM ${BASE} AS ci
# Debian's current git; one version would be gone from the mirrors with the next point release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* /var/log/* \
    # The checkout belongs to whoever made it. plangate runs commands of git that read objects alone: no hooks, no filters.
    && git config --system --add safe.directory '*' \
    # The number of the user that GitHub's hosted runners lend a job its files from.
    && useradd --uid 1001 --create-home plangate
COPY --from=program /usr/bin/plangate /usr/bin/plangate
COPY --from=program /usr/share/doc/plangate /usr/share/doc/plangate
USER 1001:1001
WORKDIR /work
CMD ["plangate", "--help"]
