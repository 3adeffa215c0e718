# shellcheck shell=bash
# A cluster that was there before: what differs from minikube's, in the place of functions of the same names; of the
# manifests see clusters/elsewhere. Nothing in it is touched that was not made here: what is made, namespaces and what
# the whole cluster has once, has the label MADE.

MADE=hello-world/made
# A certificate's name has 64 characters at most, and a cloud's contexts are long.
AUTHORITY=$(echo "hello-world in $CONTEXT" | cut -c 1-64)

. clusters/minikube/scripts/lib/elsewhere-checks.sh
. clusters/minikube/scripts/lib/elsewhere-images.sh
. clusters/minikube/scripts/lib/elsewhere-door.sh

# Everything that stands against it, before anything is made.
prepare_cluster() { # prepare_cluster CNI PAGES ARGOCD OBSERVE: of what was asked for, only the last has a meaning here
  find_cluster
  check_version
  check_rights
  check_nodes
  check_storage
  check_namespaces ${4:+observe}
  check_cluster_wide
}

find_cluster() {
  install_kubectl
  need_cluster
}

has_cluster() { command -v kubectl >/dev/null && contexts | grep -Fx -e "$CONTEXT" >/dev/null; }
contexts() { kubectl config get-contexts -o name 2>/dev/null; }

need_cluster() {
  local answer
  need_program kubectl
  has_cluster || fail "Your kubeconfig has no context $CONTEXT." "It has: $(contexts | xargs)" \
    "$(! is_remembered || echo 'This clone works with that cluster. If it is gone for good: git config --remove-section hello-world')"
  answer=$(kube get --raw /readyz --request-timeout=10s 2>&1) ||
    fail "The cluster $CONTEXT does not answer." "It says: $(echo "$answer" | tail -n 1)" "Ask it yourself: kubectl --context $CONTEXT get nodes"
}
is_remembered() { [ "$(git config hello-world.context 2>/dev/null)" = "$CONTEXT" ]; }

# Nothing is begun in the cluster before its images can be had.
run_cluster() {
  step "images built, and pushed to $REGISTRY" 1800 push_what_is_built || fail 'Nothing was made in the cluster.' "The whole story: $LOG"
  step "the cluster $CONTEXT" 60 make_first || give_up
  git config hello-world.context "$CONTEXT"
  git config hello-world.registry "$REGISTRY"
}
push_what_is_built() {
  local tag
  ended built || return 1
  for tag in $(wanted_tags); do in_cluster "$tag" || push_image "$tag" || return 1; done
}
# Where the digests are noted.
make_first() { as_made <clusters/minikube/argocd/namespace.yaml | kube apply --server-side --force-conflicts -f -; }
need_made() { # need_made NAMESPACE
  [ -z "$(foreign namespaces "$1")" ] || { echo "The cluster has a namespace $1 that was not made by ./bootstrap.sh. It is left alone: call the environment otherwise."; return 1; }
}
as_made() { kube label --local -f - "$MADE=yes" -o yaml; }

# For doctor, which starts nothing.
examine_docker() { :; }
examine_cluster() {
  (install_kubectl) || return 1
  done_line "kubectl $(kubectl_version) ($(command -v kubectl))"
  (prepare_cluster) || return 1
  done_line "the cluster $CONTEXT answers, and nothing in it is in the way"
  ! argo get deployment argocd-repo-server >/dev/null 2>&1 || say_network
}

# Only what has the label, the guards last.
remove_cluster() {
  local names
  names=$(made_namespaces)
  ! echo "$names" | grep -x argocd >/dev/null || step 'Argo CD removed' 300 remove_namespaces argocd || give_up_removal
  names=$(echo "$names" | sed '/^argocd$/d' | xargs)
  # shellcheck disable=SC2086 # several names
  [ -z "$names" ] || step "namespaces removed: $names" 600 remove_namespaces $names || give_up_removal
  step 'what the whole cluster has once, removed' 120 remove_cluster_wide || give_up_removal
  say_left
}
# A namespace of that name may be somebody's.
is_observed() { made_namespaces | grep -x observe >/dev/null; }
made_namespaces() { kube get namespaces -l "$MADE=yes" -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}'; }
# The mark is what policies/remove-on-purpose.yaml wants.
remove_namespaces() { kube annotate --overwrite namespace "$@" hello-world/remove=yes && kube delete namespace "$@" --wait; }
remove_cluster_wide() {
  local kinds=clusterrolebindings,clusterroles,validatingadmissionpolicybindings,validatingadmissionpolicies
  # Whoever has come to use these since would lose what he has made with them.
  if [ -z "$(argocd_of_others)" ]; then kinds=customresourcedefinitions,$kinds; fi
  kube delete "$kinds" -l "$MADE=yes"
}
# A cluster that does not answer is no answer.
argocd_of_others() {
  local kinds
  kinds=$(kube get customresourcedefinitions applications.argoproj.io --ignore-not-found -o name) &&
    { [ -z "$kinds" ] || kube get applications.argoproj.io,applicationsets.argoproj.io,appprojects.argoproj.io -A -o name; } || echo unknown
}
give_up_removal() { fail 'Not everything is removed.' "The whole story: $LOG" 'Run it again: ./bootstrap.sh down'; }
say_left() {
  local disks
  note "left: the cluster $CONTEXT with all that was not made here, and the images in $REGISTRY"
  [ -z "$(argocd_of_others)" ] || note "left: Argo CD's CRDs, since there are applications of somebody else's"
  disks=$(kube get persistentvolumes -o go-template='{{range .items}}{{if eq .spec.persistentVolumeReclaimPolicy "Retain"}}{{with .spec.claimRef}}{{.namespace}} {{end}}{{.metadata.name}}{{"\n"}}{{end}}{{end}}' |
    awk '$1 == "argocd" || $1 ~ /^hello-/ { print $2 }' | xargs) || true
  [ -z "$disks" ] || note "left, with what they hold, since their StorageClass keeps disks: persistentvolume $disks"
}
