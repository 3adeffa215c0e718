# shellcheck shell=bash
# The application's images on their way into another cluster: by a registry, and by digest, whatever becomes of a tag.
# The tag is beside the digest, for people.

IMAGE=$REGISTRY
IMAGES_AT=$REGISTRY
# The digests of those that were pushed, by their tags.
DIGESTS=hello-world-images

in_cluster() { [ -n "$(digest_of "$1")" ]; }
digest_of() { argo get configmap "$DIGESTS" -o jsonpath="{.data.$1}" --request-timeout=5s 2>/dev/null || true; }
# One that somebody has pushed already is taken as it is: a tag is never given to another image.
has_image() { in_cluster "$1" || docker pull --quiet "$IMAGE:$1" >/dev/null 2>&1 || in_docker "$1"; }
push_image() { # push_image TAG: sets DIGEST
  local answer
  answer=$(docker pull "$IMAGE:$1" 2>&1) || answer=$(docker push "$IMAGE:$1" 2>&1) || {
    echo "$answer" | tail -n 5
    case $answer in
      *denied* | *unauthorized* | *'authentication required'* | *'no basic auth'*) echo "You may not push to $REGISTRY. To sign in: docker login ${REGISTRY%%/*}" ;;
      *'HTTP response to HTTPS'*) echo "${REGISTRY%%/*} speaks no https. docker takes that from a registry that its daemon.json lists under insecure-registries." ;;
      *) echo "The image was not pushed to $REGISTRY. Try it yourself: docker push $IMAGE:$1" ;;
    esac
    return 1
  }
  DIGEST=$(echo "$answer" | sed -n 's/.*[Dd]igest: \(sha256:[0-9a-f]*\).*/\1/p' | tail -n 1)
  [ -n "$DIGEST" ] || { echo "docker does not say which digest $IMAGE:$1 has: $answer"; return 1; }
}
load_image() {
  in_cluster "$1" || { push_image "$1" && note_digest "$1"; }
}
load_images() { for tag in $(wanted_tags "$@"); do load_image "$tag" || return 1; done; }

# Where environments are already, they know it before a push names the tag.
note_digest() {
  argo create configmap "$DIGESTS" >/dev/null 2>&1 || true
  argo patch configmap "$DIGESTS" --type=merge -p "{\"data\":{\"$1\":\"$DIGEST\"}}" || return 1
  REPO=$(deployed_url) REVISION=$(deployed_branch)
  [ -n "$REPO" ] || return 0
  apply_root && refresh && until_true knows_digest "$DIGEST"
}
knows_digest() { argo get applicationset environments -o jsonpath='{.spec.generators[0].git.values.image}' | grep -F -e "$1" >/dev/null; }

running_images() {
  kube get deployments -A -l app.kubernetes.io/name=consumer \
    -o go-template='{{range .items}}{{.metadata.namespace}} {{(index .spec.template.spec.containers 0).image}}{{"\n"}}{{end}}' | sed "s,$IMAGE:,,; s,@.*,,"
}

# What the root application gives the ApplicationSet: the image of each environment by the tag in its overlay, and what
# else differs. An image that was pushed from elsewhere has no digest here, and comes by its tag.
root_patches() {
  local digests
  digests=$(argo get configmap "$DIGESTS" --ignore-not-found -o go-template='{{range $tag, $digest := .data}} "{{$tag}}" "{{$digest}}"{{end}}') || return 1
  sed 's/^/            /' <<END
- op: add
  path: /spec/generators/0/git/values/image
  value: >-
    {{- \$tag := "" }}{{ range (dig "images" (list) .) }}{{ if eq .name "hello-world" }}{{ \$tag = .newTag }}{{ end }}{{ end -}}
    $IMAGE:{{ \$tag }}{{ with get (dict$digests) \$tag }}@{{ . }}{{ end }}
- {op: add, path: /spec/template/spec/source/kustomize/images, value: ['hello-world={{ .values.image }}']}
$(environment_patches | awk '/^  - target:/ { print "- op: add"; print "  path: /spec/template/spec/source/kustomize/patches/-"; print "  value:"; sub(/  - /, "    ") } { print }')
END
}

# try_source TAG: the same for the application of `npm run try`
try_source() {
  sed 's/^/    /' <<END
kustomize:
  images: ['hello-world=$(image_name "$1")']
  patches:
$(environment_patches | sed 's/^/  /')
END
}

image_name() { # image_name TAG: as a pod has it
  local digest
  digest=$(digest_of "$1")
  echo "$IMAGE:$1${digest:+@$digest}"
}

# folder_of NAME FOLDER: the overlay with what Argo CD adds to it here
folder_of() {
  local folder=$2/.bin/rendered/$1 tag digest
  tag=$(cd "$2" && overlay_tag "$1")
  digest=$(digest_of "$tag")
  mkdir -p "$folder" && cat >"$folder/kustomization.yaml" <<END && echo "$folder"
resources:
  - ../../../overlays/$1
images:
  - {name: hello-world, newName: $IMAGE, newTag: '$tag'${digest:+, digest: "$digest"}}
patches:
$(environment_patches)
END
}
environment_patches() { sed '1,/^patches:/d; /^ *#/d' clusters/elsewhere/environment/kustomization.yaml; }

# By name: minikube's may be the same ones.
delete_images() {
  local names
  names=$(docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=${IMAGE#docker.io/}" | sed '/<none>/d')
  # shellcheck disable=SC2086 # several names
  [ -z "$names" ] || docker rmi $names
}
