# shellcheck shell=bash
# What bootstrap.sh and the commands share. Wants ROOT, the repository's folder, as the current directory.

. clusters/minikube/scripts/lib/console.sh
. clusters/minikube/scripts/lib/question.sh
. clusters/minikube/scripts/lib/proxy.sh
. clusters/minikube/scripts/lib/tools.sh
. clusters/minikube/scripts/lib/machine.sh
. clusters/minikube/scripts/lib/ports.sh
. clusters/minikube/scripts/lib/cluster.sh
. clusters/minikube/scripts/lib/minikube.sh
. clusters/minikube/scripts/lib/environments.sh
. clusters/minikube/scripts/lib/network.sh
. clusters/minikube/scripts/lib/images.sh
. clusters/minikube/scripts/lib/credentials.sh
. clusters/minikube/scripts/lib/repository.sh
. clusters/minikube/scripts/lib/argocd.sh
. clusters/minikube/scripts/lib/door.sh
. clusters/minikube/scripts/lib/observe.sh
. clusters/minikube/scripts/lib/troubles.sh
. clusters/minikube/scripts/lib/status.sh
. clusters/minikube/scripts/lib/gateway.sh
. clusters/minikube/scripts/lib/certificates.sh
. clusters/minikube/scripts/lib/environment-certificates.sh
. clusters/minikube/scripts/lib/authority.sh
. clusters/minikube/scripts/lib/secrets.sh
. clusters/minikube/scripts/lib/readers.sh
. clusters/minikube/scripts/lib/rotation.sh
. clusters/minikube/scripts/lib/accounts.sh
. clusters/minikube/scripts/lib/trust.sh
. clusters/minikube/scripts/lib/render.sh
. clusters/minikube/scripts/lib/push.sh
. clusters/minikube/scripts/lib/release.sh
. clusters/minikube/scripts/lib/copies.sh
. clusters/minikube/scripts/lib/removal.sh
# In the place of what these have for minikube.
! is_elsewhere || . clusters/minikube/scripts/lib/elsewhere.sh
