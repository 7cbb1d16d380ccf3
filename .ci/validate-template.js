// Reads template.yaml as CloudFormation does, with the schemas of its resources, by the AWS CDK, whose validator fails on what
// CloudFormation would refuse. Its warnings are about parameters: an empty AlarmTopicArn is not used (a condition sees to that), and
// DatabasePasswordSecretArn and its version are no passwords.
const { App, Stack } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');

const app = new App();
new CfnInclude(new Stack(app, 'ProxyKeys'), 'Template', { templateFile: process.argv[2] });
const { template } = app.synth().stacks[0];
console.log(`${Object.keys(template.Resources).length} resources, ${Object.keys(template.Parameters).length} parameters`);
