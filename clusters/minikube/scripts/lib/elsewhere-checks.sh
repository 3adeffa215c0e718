# shellcheck shell=bash
# What stands against a cluster that was there before. Nothing is changed here.

# The first with the policies that guard messages.
# https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy
KUBERNETES_OLDEST=1.30

check_version() {
  local version
  version=$(kube get --raw /version | sed -n 's/.*"gitVersion": *"\([^"]*\)".*/\1/p')
  at_least "$version" "$KUBERNETES_OLDEST" ||
    fail "The cluster $CONTEXT has Kubernetes $version, and v$KUBERNETES_OLDEST is the oldest that has what guards messages here, ValidatingAdmissionPolicies."
}

check_rights() {
  local answer
  answer=$(kube auth can-i '*' '*' --all-namespaces 2>&1) ||
    fail "You may not do everything in the cluster $CONTEXT, and Argo CD's own rights and the policies are given by somebody who may." \
      "It says: $(echo "$answer" | tail -n 1)" 'Have somebody with cluster-admin run ./bootstrap.sh. Who only changes environments needs a clone of the repository that Argo CD reads.'
}

# An image is of the machine that builds it.
check_nodes() {
  local platform others
  platform=$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}')
  others=$(kube get nodes -o go-template='{{range .items}}{{with .status.nodeInfo}}{{.operatingSystem}}/{{.architecture}}{{"\n"}}{{end}}{{end}}' | sort -u | awk -v own="$platform" '$0 != own' | xargs)
  [ -z "$others" ] ||
    fail "The cluster $CONTEXT has nodes of $others, and docker builds images of $platform here." "Run ./bootstrap.sh on a machine of the nodes' kind, or choose a cluster of this one's."
}

# Argo CD, the git server and every Kafka take disks, and name no class of them.
check_storage() {
  local classes
  classes=$(kube get storageclasses -o go-template='{{range .items}}{{.metadata.name}} {{with .metadata.annotations}}{{index . "storageclass.kubernetes.io/is-default-class"}}{{end}}{{"\n"}}{{end}}')
  ! echo "$classes" | grep ' true$' >/dev/null || return 0
  classes=$(echo "$classes" | cut -d ' ' -f 1 | xargs)
  fail "The cluster $CONTEXT has no default StorageClass, so Kafka would wait for its disks for ever." "It has: ${classes:-none}" \
    "To make one the default: kubectl --context $CONTEXT annotate storageclass ${classes:-NAME} storageclass.kubernetes.io/is-default-class=true"
}

# foreign KIND...: lines "KIND NAME" of the objects that were not made here
foreign() {
  kube get --ignore-not-found "$@" -o custom-columns="kind:.kind,name:.metadata.name,made:.metadata.labels.hello-world/made" --no-headers |
    awk 'NF && $3 != "yes" { print $1 " " $2 }'
}

check_namespaces() { # check_namespaces NAME...: these too
  local names
  # shellcheck disable=SC2046 # one word for each environment
  names=$(foreign namespaces argocd door "$@" $(environments | sed 's/^/hello-/') | cut -d ' ' -f 2 | xargs)
  case " $names " in
    '  ') return ;;
    *' argocd '*) fail "The cluster $CONTEXT has an Argo CD already, which was not made by this bootstrap.sh: its namespace argocd." "$(two_argocds)" ;;
    *' observe '*) fail "The cluster $CONTEXT has a namespace observe that was not made by this bootstrap.sh." 'It is left alone, and nothing was made. Leave --observe away.' ;;
  esac
  fail "The cluster $CONTEXT has namespaces that were not made by this bootstrap.sh: $names" \
    'They are left alone, and nothing was made. Give the environments of these names others: git mv overlays/NAME overlays/ANOTHER, with the namespaces in its kustomization.yaml.'
}
two_argocds() { echo "It is left alone, and nothing was made: two would share their CRDs and roles. Choose another cluster."; }

# What the whole cluster has once: taken over, it would go with ./bootstrap.sh down.
check_cluster_wide() {
  local found
  # Where its namespace is from here, they are too.
  [ -z "$(made_namespaces | grep -x argocd)" ] || return 0
  fetch_argocd >>"$LOG" 2>&1 || fail "Argo CD's manifests are not to be had." "$(tail -n 1 "$LOG")" 'Nothing was made. Try again: ./bootstrap.sh'
  found=$(foreign -k clusters/elsewhere/argocd && foreign -k clusters/elsewhere/policies) || fail "The cluster $CONTEXT does not say what it has." 'Nothing was made. Try again: ./bootstrap.sh'
  [ -z "$found" ] || fail "The cluster $CONTEXT has parts of an Argo CD already, which were not made by this bootstrap.sh: $(echo "$found" | head -n 5 | tr '\n' ',' | sed 's/,$//; s/,/, /g')" "$(two_argocds)"
}
