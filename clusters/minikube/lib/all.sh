# shellcheck shell=bash
# What bootstrap.sh and the commands share. Wants ROOT, the repository's folder, as the current directory.

. clusters/minikube/lib/console.sh
. clusters/minikube/lib/question.sh
. clusters/minikube/lib/proxy.sh
. clusters/minikube/lib/tools.sh
. clusters/minikube/lib/machine.sh
. clusters/minikube/lib/ports.sh
. clusters/minikube/lib/cluster.sh
. clusters/minikube/lib/environments.sh
. clusters/minikube/lib/network.sh
. clusters/minikube/lib/images.sh
. clusters/minikube/lib/credentials.sh
. clusters/minikube/lib/repository.sh
. clusters/minikube/lib/argocd.sh
. clusters/minikube/lib/troubles.sh
. clusters/minikube/lib/status.sh
. clusters/minikube/lib/certificates.sh
. clusters/minikube/lib/secrets.sh
. clusters/minikube/lib/rotation.sh
. clusters/minikube/lib/accounts.sh
. clusters/minikube/lib/trust.sh
. clusters/minikube/lib/render.sh
. clusters/minikube/lib/push.sh
. clusters/minikube/lib/release.sh
. clusters/minikube/lib/copies.sh
. clusters/minikube/lib/removal.sh
