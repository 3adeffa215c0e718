# shellcheck shell=bash
# What keeps things from being as the repository says, in words: while people wait, and in the status.

# Lines, the worst first. Nothing where all is well, and of a cluster that does not answer.
troubles() {
  { set_troubles; application_troubles | reason; pod_troubles; } 2>/dev/null | awk '
    # Who owns what of another is told once.
    / is part of applications / { key = $1 $NF; if (key in shared) next; shared[key] }
    NF && !seen[$0]++' || true
}

# troubles_of ENVIRONMENT...: of these, and of Argo CD. What runs beside them is not in their way.
troubles_of() { troubles | grep -E "^(overlays|argocd|hello$(printf '|hello-%s' "$@")):" || true; }

# What keeps environments from being made and taken off the list.
set_troubles() {
  argo get applicationsets -o go-template='{{range .items}}{{with .status}}{{range .conditions}}{{if and (eq .type "ErrorOccurred") (eq .status "True")}}overlays: {{.message}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}' --request-timeout=5s | reason
}

application_troubles() {
  argo get applications -o go-template='{{range .items}}{{$name := .metadata.name}}{{with .status}}{{range .conditions}}{{$name}}: {{.message}}{{"\n"}}{{end}}{{with .operationState}}{{if ne .phase "Succeeded"}}{{with .syncResult}}{{range .resources}}{{if eq .status "SyncFailed"}}{{$name}}: {{.message}}{{"\n"}}{{end}}{{end}}{{end}}{{if or .retryCount (eq .phase "Failed") (eq .phase "Error")}}{{with .message}}{{$name}}: {{.}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{range .resources}}{{with .health}}{{if eq .status "Degraded"}}{{$name}}: {{.message}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}' --request-timeout=5s
}

# The heart of Argo CD's message, without the command that it ran and the layers that it came through.
reason() {
  sed -E -e 's/`kustomize build [^`]*` failed exit status [0-9]+: /kustomize: /' -e 's/Failed to load target state: //' \
    -e 's/failed to generate manifest for source [0-9]+ of [0-9]+: //' -e 's/rpc error: code = [A-Za-z]+ desc = //' \
    -e 's/one or more (synchronization tasks completed unsuccessfully|objects failed to apply), reason: //' \
    -e 's/Manifest generation error \(cached\): //' -e 's/ValidatingAdmissionPolicy .* denied request: //' \
    -e 's/[a-z.]+ "[^"]*" is (forbidden|invalid: ): //' \
    -e 's/Failed to compare desired state to live state: .* resource ([A-Za-z]+\/[^ :]+): /\1: /'
}

# Pods of the environments, of Argo CD, of the door and of Prometheus: those that are not let in, those that cannot go
# on, with the reason, and how many are on their way. Of what runs beside the environments also that there is none.
pod_troubles() {
  {
    kube get deployments,statefulsets -A -o go-template='{{range .items}}{{$name := printf "%s\t%s\t" .metadata.namespace .metadata.name}}{{range .status.conditions}}{{if and (eq .type "ReplicaFailure") (eq .status "True")}}R{{"\t"}}{{$name}}{{.message}}{{"\n"}}{{end}}{{end}}{{if not .status.readyReplicas}}N{{"\t"}}{{$name}}{{.kind}}{{"\t"}}{{with .spec}}{{.replicas}}{{end}}{{"\n"}}{{end}}{{end}}' --request-timeout=5s
    kube get events -A --field-selector reason=FailedMount \
      -o go-template='{{range .items}}E{{"\t"}}{{.involvedObject.namespace}}{{"\t"}}{{.involvedObject.name}}{{"\t"}}{{.message}}{{"\n"}}{{end}}' --request-timeout=5s
    kube get pods -A -o go-template='{{range .items}}{{if not .metadata.deletionTimestamp}}{{$pod := printf "%s\t%s\t" .metadata.namespace .metadata.name}}{{range .status.conditions}}{{if and (eq .type "PodScheduled") (eq .status "False")}}W{{"\t"}}{{$pod}}{{.reason}}{{"\t"}}{{.message}}{{"\n"}}{{end}}{{end}}{{range .status.initContainerStatuses}}{{with .state.waiting}}W{{"\t"}}{{$pod}}{{.reason}}{{"\t"}}{{with .message}}{{.}}{{end}}{{"\n"}}{{end}}{{end}}{{range .status.containerStatuses}}{{if .state.waiting}}{{with .state.waiting}}W{{"\t"}}{{$pod}}{{.reason}}{{"\t"}}{{with .message}}{{.}}{{end}}{{"\n"}}{{end}}{{else if not .ready}}W{{"\t"}}{{$pod}}NotReady{{"\t"}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}' --request-timeout=5s
  } | awk -F '\t' -v context="$CONTEXT" '
    function says_more(owner,    pod) { # whether one of its pods does
      for (pod in told) if (index(pod, owner "-") == 1) return 1
      for (pod in starts) if (index(pod, owner "-") == 1) return 1
      return 0
    }
    $2 !~ /^(hello-|(argocd|door|observe)$)/ { next }
    $1 == "R" { print "1" $2 ": no pod of " $3 ": " $4; refused[$2 " " $3]; next }
    # Of an environment its application says so. These two of Argo CD are not used.
    $1 == "N" {
      if ($2 !~ /^hello-/ && $3 !~ /^argocd-(dex-server|notifications-controller)$/) { none[$2 " " $3] = $5; kind[$2 " " $3] = tolower($4) }
      next
    }
    $1 == "E" { mount[$2 " " $3] = $4; next }
    $1 == "W" {
      pod = $2 " " $3
      # A disk that is just being made is no trouble.
      if ($4 ~ /^(ContainerCreating|PodInitializing|NotReady)$/ || $5 ~ /unbound immediate PersistentVolumeClaims/) {
        if (!(pod in starts)) starts[pod] = $4
      } else {
        print "1" $2 ": pod " $3 ": " $4 ($5 == "" ? "" : ", " $5)
        told[pod]
      }
    }
    END {
      for (one in none) {
        split(one, part, " ")
        if (none[one] == "0")
          print "1" part[1] ": no pod of " part[2] ": it is scaled to 0. To have it again: kubectl --context " context " -n " part[1] " scale " kind[one] "/" part[2] " --replicas=1"
        else if (!(one in refused) && !says_more(one)) print "1" part[1] ": no pod of " part[2] " is ready"
      }
      for (pod in starts) {
        if (pod in told) continue
        split(pod, part, " ")
        if (starts[pod] != "NotReady" && pod in mount) {
          text = mount[pod]
          sub(/.*MountVolume.SetUp failed for volume [^:]*: */, "", text)
          if (text ~ /secret "external-kafka" not found/)
            text = text ". It is yours to make: kubectl --context " context " -n " part[1] " create secret generic external-kafka --from-file=ca.crt --from-literal=username=NAME --from-file=password, see docs/external-kafka.md"
          print "1" part[1] ": pod " part[2] " waits: " text
        } else starting[part[1]]++
      }
      for (one in starting) print "2" one ": " starting[one] (starting[one] == 1 ? " pod is" : " pods are") " starting"
    }' | sort -u | cut -c 2-
}
