// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/clerk-operator/clerk-operator/test/rights"
)

// grant creates the ServiceAccounts of the operator and of Prometheus with their roles, and reads a token of each.
func (env *Environment) grant(ctx context.Context) error {
	operator, reader, err := rights.ReadShipped(ctx, env.Kubectl)
	if err != nil {
		return err
	}
	env.operatorAccount = operator.In(env.operatorNamespace())
	reader = reader.In(env.namespace("monitoring"))
	reader.Name = "prometheus"
	for _, account := range []rights.Account{env.operatorAccount, reader} {
		if err := account.Create(ctx, env.Admin); err != nil {
			return err
		}
	}
	if env.operatorToken, err = env.token(ctx, env.operatorAccount); err != nil {
		return err
	}
	env.readerToken, err = env.token(ctx, reader)
	return err
}

// token returns a token of a ServiceAccount.
func (env *Environment) token(ctx context.Context, a rights.Account) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: a.Namespace, Name: a.Name}}
	request := &authenticationv1.TokenRequest{}
	if err := env.client.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("requesting a token of %s: %w", a.User(), err)
	}
	return request.Status.Token, nil
}

// writeKubeconfig writes a kubeconfig with the operator's token, for the gateway.
func (env *Environment) writeKubeconfig() (string, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters["gateway"] = &clientcmdapi.Cluster{Server: env.gateway.server.URL, CertificateAuthorityData: env.gateway.certificate()}
	config.AuthInfos["operator"] = &clientcmdapi.AuthInfo{Token: env.operatorToken}
	config.Contexts["gateway"] = &clientcmdapi.Context{Cluster: "gateway", AuthInfo: "operator"}
	config.CurrentContext = "gateway"
	path := env.path("kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return path, nil
}
